#!/usr/bin/env python3
"""Measure candidate sources, and the indexes that find the nearest pings of the two towers.

    sources    of the warehouse: recall of what was relevant later, and hits that no other source
               has; of users without a history and of pings that nobody had seen by themselves
    indexes    of a planted catalogue (vectors alone, no log): time to build, time a user, recall
               against exact search
    towers     that were trained on what is planted: time, and recall against popularity

Times are of the processor, on one thread.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from common import InputError, add_database, open_database, run_command


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="benchmark_retrieval", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add_database(command)
    command.add_argument("--no-sources", action="store_true", help="do not open the warehouse")
    command.add_argument(
        "--pings", type=int, default=500_000, metavar="N", help="planted; 0 for none (%(default)s)"
    )
    command.add_argument("--users", type=int, default=50_000, metavar="N", help="%(default)s")
    command.add_argument("--pairs", type=int, default=1_000_000, metavar="N", help="%(default)s")
    command.add_argument(
        "--asked", type=int, default=2_000, metavar="N", help="users (%(default)s)"
    )
    command.add_argument("--k", type=int, default=200, metavar="N", help="%(default)s")
    return command


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Numbers on the right."""
    made = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        made.add_column(column, justify="right" if number else "left")
    for row in rows:
        made.add_row(*row)
    return made


def sources(console: Console, given: argparse.Namespace) -> None:
    """What every source of the warehouse finds."""
    from benchmarks.retrieval import SLICES, recalls

    with open_database(given.database, read_only=True) as connection:
        found = recalls(connection, given.k)
    if not found:
        raise InputError(
            "There is no candidate source in the warehouse: build it with ranking_enabled."
        )
    for truth in sorted({row["truth"] for row in found}):
        rows = [row for row in found if row["truth"] == truth]
        pairs = ", ".join(f"{rows[0][name]:,} {name}" for name in SLICES)
        cells = [
            [row["source"], *(
                text for name in SLICES
                for text in (
                    f"{row[f'{name} hits'] / max(row[name], 1):.3f}", f"{row[f'{name} unique']:,}"
                )
            )] for row in rows
        ]  # fmt: skip
        names = [text for name in SLICES for text in (name, "unique hits")]
        console.print(
            table(f"Recall at {given.k}, {truth} (pairs: {pairs})", ["source", *names], cells)
        )


def planted(console: Console, given: argparse.Namespace) -> None:
    """The towers and the indexes, on planted groups."""
    import numpy as np

    from benchmarks.retrieval import begun, indexes, planted, recall_of_later

    known, later = planted(given.users, given.pings, given.pairs)
    towers = begun(known)
    started = time.process_time()
    towers.learn(known, 1.0)
    seconds = time.process_time() - started
    asked = np.unique(later[:, 0])[: given.asked]
    users, pings = towers.vectors(known, asked)
    recall, popular = recall_of_later(known, later, asked, users, pings, given.k)
    console.print(
        f"One epoch of {len(known.pairs):,} pairs of {given.users:,} users and "
        f"{given.pings:,} pings: {seconds:.1f} s; recall at {given.k} of later pairs "
        f"{recall:.3f}, by popularity {popular:.3f}."
    )
    rows = [
        [one.name, f"{one.build_seconds:.1f}", f"{one.query_ms:.3f}", f"{one.recall:.3f}"]
        for one in indexes(known.pings, pings, users, given.k)
    ]
    columns = ["index", "build s", "ms a user", "recall"]
    console.print(table(f"Nearest {given.k} of {given.pings:,} pings", columns, rows))


def measure(given: argparse.Namespace) -> None:
    """Measure what was asked for."""
    for name in ("users", "pairs", "asked", "k"):
        if getattr(given, name) < 1:
            raise InputError(f"--{name} must be 1 or more.")
    console = Console(highlight=False)
    if not given.no_sources:
        sources(console, given)
    if given.pings:
        planted(console, given)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command("benchmark_retrieval", lambda: measure(given))


if __name__ == "__main__":
    sys.exit(main())
