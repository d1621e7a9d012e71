#!/usr/bin/env python3
"""Bring the warehouse up to date, as a scheduler does: wait, build, check, publish, serve.

daily builds everything with its data tests, and publishes it where it is green; hourly takes in
what is new, and publishes nothing, as the lists are not of the same build. Where PINGTOP_STORE
names a store, daily exports the release into it, and hourly refreshes it (docs/serving.md). Each
waits for the warehouse where somebody else has it, says a line a step, and writes all that dbt says
into one file in logs/. Other options, such as --vars, are handed to dbt build.

exit codes: 0 done; 75 somebody else was at work until the wait was over, try again; 1 red: a model
or a test failed, or green, and not published or not brought into the store; 2 refused by a check
before anything was built: a bad variable, missing files, an address of a store that is none; 143
ended by SIGTERM, 130 from the keyboard.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from common import (
    BAD_INPUT,
    FAILED,
    TERMINATED,
    TRY_AGAIN,
    Ending,
    InputError,
    TerminatedError,
    default_warehouse,
    ended_by_signal,
    exit_with,
    logs_folder,
    releases_folder,
    run_command,
    sentence_of,
    target_folder,
)
from operations import BusyError, RedError
from operations.run import Settings, run
from operations.run_log import RunLog
from pingtop_serving.errors import BadRequestError, ServingError, UnusableStoreError
from serving.http_server import named_store

WAIT = "PINGTOP_LOCK_WAIT_SECONDS"
DEFAULT_WAIT = 600.0

ENDINGS = (
    Ending(BusyError, TRY_AGAIN),
    Ending((BadRequestError, UnusableStoreError), BAD_INPUT),
    Ending((RedError, ServingError), FAILED),
    Ending(OSError, FAILED, sentence_of),
    Ending(TerminatedError, TERMINATED, lambda _: "ended by a signal; what was built stays."),
)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="operate.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_argument("what", choices=["daily", "hourly"], help="the selector that is built")
    command.add_argument(
        "--wait",
        type=float,
        metavar="SECONDS",
        help=f"how long to wait for the warehouse, all waits together (default: {WAIT}, else "
        f"{DEFAULT_WAIT:g})",
    )
    command.add_argument(
        "--no-publish", action="store_true", help="daily: leave the releases as they are"
    )
    command.add_argument(
        "--keep", type=int, default=8, metavar="N", help="releases to keep (default: %(default)s)"
    )
    command.add_argument(
        "--keep-logs",
        type=int,
        default=30,
        metavar="N",
        help="log files to keep, of daily and of hourly runs each (default: %(default)s)",
    )
    return command


def seconds_to_wait(given: float | None) -> float:
    """The option, or the environment variable, or the default."""
    text = os.environ.get(WAIT, "").strip() if given is None else str(given)
    try:
        seconds = float(text or DEFAULT_WAIT)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise InputError(
            f"{WAIT if given is None else '--wait'} must be a number of seconds, at least 0, but "
            f"is '{text}'."
        )
    return seconds


def operate(given: argparse.Namespace, dbt_options: Sequence[str]) -> None:
    """Do the run that the command line asks for."""
    for name in ("keep", "keep_logs"):
        if getattr(given, name) < 1:
            raise InputError(f"--{name.replace('_', '-')} must be at least 1.")
    settings = Settings(
        name=given.what,
        database=default_warehouse(),
        target=target_folder(),
        releases=releases_folder(),
        is_published=given.what == "daily" and not given.no_publish,
        keep_releases=given.keep,
        wait_seconds=seconds_to_wait(given.wait),
        store=named_store(),
        dbt_options=dbt_options,
    )
    try:
        log = RunLog(logs_folder(), given.what)
    except OSError as error:
        raise InputError(sentence_of(error)) from error
    try:
        run(settings, log)
        log.say("done")
    except BaseException as error:
        log.note("", "run", f"{type(error).__name__}: {error}")
        raise
    finally:
        log.close(given.keep_logs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given, dbt_options = parser().parse_known_args(arguments)

    def work() -> None:
        with ended_by_signal():
            operate(given, dbt_options)

    return run_command("operate.py", work, *ENDINGS)


if __name__ == "__main__":
    exit_with(main())
