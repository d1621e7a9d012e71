#!/usr/bin/env python3
"""Measure exports: releases one after the other into an empty store, the last one again, whole.

The first export sends all records, the others what changed since the release before.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import RunError, measure
from common import FAILED, SCRIPTS, TRY_AGAIN, Ending, InputError, run_command
from pingtop_serving.errors import ServingError
from pingtop_serving.stores import open_store
from releases.release import open_release

SENT = re.compile(r"(?P<changed>[\d,]+) of (?P<records>[\d,]+) records sent \((?P<bytes>[\d,]+)")
RECORDS = re.compile(r"\(([\d,]+) records")
REMOVED = re.compile(r"([\d,]+) removed")
HEADER = "| export | records | sent | removed | bytes sent | seconds | CPU seconds | peak MiB |"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(prog="benchmark_export.py", description=__doc__)
    command.add_argument("--to", required=True, metavar="URL", help="a store that is empty")
    command.add_argument(
        "releases",
        type=Path,
        nargs="+",
        metavar="RELEASE",
        help="folders of releases, oldest first",
    )
    return command


def line(name: str, said: str, numbers: Sequence[float]) -> str:
    """A row of the table."""
    found, removed = SENT.search(said), REMOVED.search(said)
    sent = [found["records"], found["changed"]] if found else [RECORDS.search(said)[1], "0"]  # type: ignore[index]
    sent += [removed[1] if removed else "0", found["bytes"] if found else "0"]
    return f"| {' | '.join([name, *sent, *(f'{number:,.0f}' for number in numbers)])} |"


def measure_exports(given: argparse.Namespace) -> None:
    """Measure and print."""
    store = open_store(given.to)
    if store.state().generation:
        raise InputError(f"{store.name} is not empty: name another store.")
    store.close()
    last = given.releases[-1]
    runs = [(open_release(path).name, path, []) for path in given.releases]
    runs += [("the same again", last, []), ("the same, --full", last, ["--full"])]
    print(f"{HEADER}\n|{' --- |' * 8}")
    with tempfile.TemporaryDirectory() as folder:
        for name, path, options in runs:
            log = Path(folder) / "log"
            command = [sys.executable, str(SCRIPTS / "serve.py"), "export", "--to", given.to]
            command += ["--releases", str(path), "--grace", "0", "--quiet", *options]
            usage = measure("serve.py export", command, log, os.environ, Path.cwd())
            numbers = (usage.wall_seconds, usage.cpu_seconds, usage.peak_bytes / 2**20)
            print(line(name, log.read_text(), numbers), flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command(
        "benchmark_export.py",
        lambda: measure_exports(given),
        Ending(RunError, FAILED),
        Ending(ServingError, TRY_AGAIN),
    )


if __name__ == "__main__":
    sys.exit(main())
