"""The steps of a run, one after the other."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.progress import MofNCompleteColumn

from common import (
    BAD_INPUT,
    OK,
    InputError,
    dbt_reason,
    named_warehouse,
    not_opened,
    progress_bars,
    sentence_of,
)
from operations import RedError
from operations.dbt_build import Outcome, dbt_command, run_dbt
from operations.run_log import RunLog
from operations.waiting import Patience, turn, wait_for_warehouse
from releases.build import PublishBusyError, PublishError
from releases.publishing import publish
from summary import built

SHOWN_NAMES = 5
IN_USE = " is in use by "  # of the sentence that dbt stops with where the warehouse is held


@dataclass(frozen=True)
class Settings:
    """What a run works with."""

    name: str  # of the selector, too
    database: Path
    target: Path
    releases: Path | str
    is_published: bool
    keep_releases: int
    wait_seconds: float
    dbt_options: Sequence[str]


def run(settings: Settings, log: RunLog) -> None:
    """Wait, build, check, publish; an error says in one sentence why it went no further."""
    if not settings.database.parent.is_dir():
        raise not_opened(settings.database, FileNotFoundError())
    try:
        settings.target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(sentence_of(error)) from error
    patience = Patience(settings.wait_seconds, log.say)
    with ExitStack() as turns:
        # from the build to its release, nobody else's build may come between: of this warehouse,
        # nor of another one whose results would take the place of ours
        for lock in (Path(f"{settings.database}.lock"), settings.target / ".operate.lock"):
            turns.enter_context(turn(lock, patience))
        build(settings, log, patience)
        if settings.is_published:
            publish_build(settings, log, patience)


def names(of: Sequence[str]) -> str:
    """The first names of a list."""
    more = f" and {len(of) - SHOWN_NAMES} more" if len(of) > SHOWN_NAMES else ""
    return ", ".join(of[:SHOWN_NAMES]) + more


def build(settings: Settings, log: RunLog, patience: Patience) -> None:
    """Build by the selector, with its data tests, once the warehouse is free."""
    environment = dict(os.environ)
    if named_warehouse():  # a relative one counts from here, not from the project
        environment["PINGTOP_DATABASE"] = str(settings.database.resolve())
    command = dbt_command(settings.name, settings.target, settings.dbt_options)
    while True:
        wait_for_warehouse(settings.database, patience)
        log.say(f"building; all that dbt says is in {log.path}")
        started = time.monotonic()
        with progress_bars(MofNCompleteColumn()) as progress:
            task = progress.add_task("dbt starts", total=None)

            def on_node(name: str, number: int, total: int) -> None:
                progress.update(task, description=name, completed=number, total=total)  # noqa: B023

            outcome = run_dbt(command, environment, log, on_node)
        if outcome.exit_code == BAD_INPUT and IN_USE in outcome.refusal:
            patience.wait(dbt_reason(outcome.refusal).split(": ")[0])
            continue
        judge(outcome, log)
        log.say(f"{built(settings.target)} It took {time.monotonic() - started:.0f} s.")
        if outcome.warned:
            log.say(f"{len(outcome.warned)} warned: {names(outcome.warned)}")
        return


def judge(outcome: Outcome, log: RunLog) -> None:
    """Stop after a build that was not green."""
    if outcome.exit_code == OK:
        return
    if outcome.refusal and not outcome.failed:
        raise InputError(dbt_reason(outcome.refusal))
    if outcome.exit_code == BAD_INPUT and outcome.usage and not outcome.failed:
        raise InputError(f"dbt does not take its options: {outcome.usage}")
    what = f"{len(outcome.failed)} failed ({names(outcome.failed)})" if outcome.failed else ""
    if outcome.exit_code < 0:
        what = f"dbt was ended by the signal {-outcome.exit_code}"
    raise RedError(f"the build is red, {what or 'dbt failed'}: see {log.path}.")


def publish_build(settings: Settings, log: RunLog, patience: Patience) -> None:
    """Publish what was built, where it is not published already."""
    while True:
        try:
            with progress_bars(MofNCompleteColumn()) as progress:
                task = progress.add_task("publishing")

                def on_table(name: str, number: int, total: int) -> None:
                    progress.update(task, description=name, completed=number, total=total)  # noqa: B023

                release = publish(
                    settings.database,
                    settings.target,
                    settings.releases,
                    settings.keep_releases,
                    on_table,
                )
        except PublishBusyError as error:
            patience.wait(str(error).split(": ")[0])
            continue
        except (PublishError, OSError, duckdb.Error) as error:
            reason = error if isinstance(error, PublishError) else sentence_of(error)
            raise RedError(f"the build is green, but nothing is published: {reason}") from error
        is_new = release.is_new
        log.say(f"published {release.place}" if is_new else "nothing to publish: it is published")
        return
