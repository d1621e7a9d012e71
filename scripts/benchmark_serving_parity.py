#!/usr/bin/env python3
"""Prove on a log of your own that what is served is what the warehouse says.

Two warehouses are built: one of the whole log, one of the log before its last hours. From a store
that has the first, every list must be that of `recommendations`: order, scores, parts and reasons.
From a store that has what the second one knows of users, and what the first one knows of pings (as
after an hourly job), the last hours' events given with each request must lead to the very lists of
the first, as far as candidates and heads reach; how often they do not is counted.

exit codes: 0 all lists are the warehouse's, with events all but one in a thousand; 1 they are not;
2 bad input
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from hashlib import md5
from pathlib import Path
from typing import Any

from benchmarks.measuring import RunError
from benchmarks.serving_parity import (
    build,
    bytes_by_kind,
    compared,
    cost,
    cut_of,
    events_from,
)
from common import FAILED, OK, Ending, InputError, run_command
from pingtop_serving.stores import open_store
from serving.export import export
from serving.parity import refreshed, wanted_lists
from serving.records_of_release import release_records

MOST_DIFFERENT = 0.001  # share of the lists with events since the build


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="benchmark_serving_parity.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("raw", type=Path, help="raw folder with interactions*.parquet")
    command.add_argument(
        "--users", type=int, default=10_000, metavar="N", help="users to compare: %(default)s"
    )
    command.add_argument(
        "--hours", type=int, default=24, metavar="N", help="last hours to post: %(default)s"
    )
    command.add_argument(
        "--to", nargs="*", default=[], metavar="URL",
        help="stores to export into and read from (default: a file of SQLite)",
    )  # fmt: skip
    command.add_argument(
        "--cost", action="store_true", help="build without serving, too, and compare the costs"
    )
    command.add_argument(
        "--work", type=Path, metavar="DIR", help="keep the warehouses there, and use those there"
    )
    command.add_argument("--output", type=Path, metavar="FILE", help="write the figures as JSON")
    return command


def prove(given: argparse.Namespace, work: Path) -> int:
    """Build, export, ask and compare."""
    if given.users < 1 or given.hours < 1:
        raise InputError("--users and --hours are whole numbers of at least 1.")
    moment = cut_of(given.raw, given.hours)
    serving = {"serving_enabled": True}
    whole, whole_usage = build("whole", given.raw, work, serving)
    cut, _ = build("cut", given.raw, work, serving | {"as_of": moment})
    usages, built = {"with serving": whole_usage}, {"with serving": whole}
    if given.cost:
        built["without"], usages["without"] = build("plain", given.raw, work, {})
    sizes = {name: (one.path / "pingtop.duckdb").stat().st_size for name, one in built.items()}
    records, wanted = dict(release_records(whole)), wanted_lists(whole)
    mixed = refreshed(dict(release_records(cut)), records)
    events = events_from(given.raw, moment)
    users = sorted(wanted, key=lambda user_id: md5(user_id.encode()).digest())[: given.users]
    active = [user_id for user_id in users if user_id in events]
    figures: dict[str, Any] = {
        "bytes_of_a_record": bytes_by_kind(records),
        "builds": cost(usages, sizes),
        "events_from": moment,
    }
    with tempfile.TemporaryDirectory(dir=work) as folder:
        for url in given.to or [f"sqlite:///{folder}/serving.sqlite"]:
            store = open_store(url)
            export(store, "whole", sorted(records.items()))
            found = {"as built": compared(store, users, wanted, {})}
            export(store, "refreshed", sorted(mixed.items()))
            found["with events since"] = compared(store, active, wanted, events)
            quiet = [user_id for user_id in users if user_id not in events]
            found["without any, refreshed"] = compared(store, quiet, wanted, {})
            figures[url.partition(":")[0]] = found
            store.close()
    print(json.dumps(figures, indent=1))
    if given.output:
        given.output.write_text(json.dumps(figures, indent=1) + "\n")
    judged = [figures[url.partition(":")[0]] for url in given.to or ["sqlite:"]]
    is_good = all(
        found["as built"]["different"] == 0
        and found["with events since"]["share_different"] < MOST_DIFFERENT
        for found in judged
    )
    return OK if is_good else FAILED


def run(given: argparse.Namespace) -> int:
    """Prove it in the folder that is given, or in one that is gone afterwards."""
    with nullcontext(given.work) if given.work else tempfile.TemporaryDirectory() as work:
        Path(work).mkdir(parents=True, exist_ok=True)
        return prove(given, Path(work))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command("benchmark_serving_parity", lambda: run(given), Ending(RunError, FAILED))


if __name__ == "__main__":
    sys.exit(main())
