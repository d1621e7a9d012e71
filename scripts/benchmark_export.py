#!/usr/bin/env python3
"""Measure exports into an empty store: two nights, the second one again, and the second one whole.

The first night sends all records, the second what changed. Without releases the records are made
up, and the seconds are those of the store: making the records of a release comes to them.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.serving_records import MadeUp
from common import TRY_AGAIN, Ending, InputError, run_command
from log.option_types import number, whole_number
from pingtop_serving.errors import ServingError
from pingtop_serving.stores import Store, open_store
from releases.release import open_release
from serving.export import export
from serving.records_of_release import release_records

Nights = Sequence[tuple[str, Callable[[], Iterable[tuple[str, bytes]]]]]
HEADER = "| export | records | sent | removed | bytes sent | seconds | CPU seconds | peak MiB |"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(prog="benchmark_export.py", description=__doc__)
    command.add_argument("--to", required=True, metavar="URL", help="a store that is empty")
    command.add_argument(
        "releases",
        type=Path,
        nargs="*",
        metavar="RELEASE",
        help="folders of releases, oldest first",
    )
    command.add_argument("--users", type=whole_number, default=200_000, help="%(default)s")
    command.add_argument("--pings", type=whole_number, default=20_000, help="%(default)s")
    command.add_argument(
        "--changed", type=number, default=0.1, help="share of the users, a night: %(default)s"
    )
    return command


def nights(given: argparse.Namespace) -> Nights:
    """What is exported, by name."""
    if given.releases:
        found = [open_release(path) for path in given.releases]
        return [(one.name, lambda one=one: release_records(one)) for one in found]
    if given.users < 1 or given.pings < 1 or not 0 <= given.changed <= 1:
        raise InputError("--users and --pings must be 1 or more, --changed a share of 1.")
    made_up = MadeUp(given.users, given.pings, given.changed)
    return [(f"night {night}", lambda night=night: made_up.records(night)) for night in (1, 2)]


def measured(store: Store, label: str, release: str, records: Iterable, full: bool) -> str:
    """A row of the table."""
    seconds, cpu = time.perf_counter(), time.process_time()
    sent = export(store, release, records, full=full)
    seconds, cpu = time.perf_counter() - seconds, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    counts = (sent.records, sent.changed, sent.removed, sent.sent_bytes)
    numbers = [f"{one:,}" for one in counts] + [f"{one:,.1f}" for one in (seconds, cpu)]
    return f"| {label} | {' | '.join(numbers)} | {peak:,.0f} |"


def measure_exports(given: argparse.Namespace) -> None:
    """Measure and print."""
    found = nights(given)
    store = open_store(given.to)
    if store.state().generation:
        raise InputError(f"{store.name} is not empty: name another store.")
    print(f"{HEADER}\n|{' --- |' * 8}")
    last, records = found[-1]
    runs = [(name, name, make, False) for name, make in found]
    runs += [("the same again", last, records, False), ("the same, whole", last, records, True)]
    for label, release, make, full in runs:
        print(measured(store, label, release, make(), full), flush=True)
    store.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command(
        "benchmark_export.py", lambda: measure_exports(given), Ending(ServingError, TRY_AGAIN)
    )


if __name__ == "__main__":
    sys.exit(main())
