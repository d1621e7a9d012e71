#!/usr/bin/env python3
"""Say why a metric moved: from one day to another, or from the newest windows to those before.

    explain.py                                               the newest 1, 7 and 28 days
    explain.py --before 2022-04-27 --after 2022-04-28        two days
    explain.py --before 2022-04-13..2022-04-19 --after 2022-04-20..2022-04-26
    explain.py --metric watch_through_rate --dimension category

It is accounting, not causation: docs/changes.md has what the numbers mean.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from changes.days import span_of
from changes.explaining import Explanation, Rows, between, stored
from rich import box
from rich.console import Console
from rich.table import Column, Table

from common import InputError, add_database, exit_with, run_command

DIMENSIONS = 3  # that are said of one metric
NARROWEST = 80  # below it, the terminal breaks lines rather than that numbers are cut


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="explain", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_database(command)
    command.add_argument("--before", metavar="DAYS", help="a day, or the first and last as A..B")
    command.add_argument("--after", metavar="DAYS", help="the days whose change is explained")
    command.add_argument("--metric", help="such as watch_through_rate (default: all)")
    command.add_argument("--dimension", help="such as category (default: those that explain most)")
    command.add_argument("--json", action="store_true", help="print all rows of both tables")
    return command


def shown(value: float | None) -> str:
    """A number of a table; nothing where there is none."""
    return "" if value is None else f"{value:.5f}"


def table_of(rows: Rows) -> Table:
    """The values of a dimension, and what each moved."""
    names = (
        "before",
        "after",
        "share before",
        "share after",
        "rate effect",
        "mix effect",
        "effect",
    )
    # a narrow terminal breaks names and values, but cuts no number
    columns = [Column(name, justify="right", min_width=len("-0.00000")) for name in names]
    table = Table("value", *columns, box=box.SIMPLE_HEAD, padding=0)
    for row in rows:
        few = " (few)" if row["is_few"] else ""
        numbers = ("rate_before", "rate_after", "share_before", "share_after")
        effects = ("rate_effect", "mix_effect", "effect")
        cells = [shown(row[name]) for name in numbers + effects]
        table.add_row(row["value_label"] + few, *cells)
    return table


def tell(found: Explanation, console: Console, is_one_metric: bool, dimension: str | None) -> None:
    """Print the sentences; of one metric also the table of the dimension that explains most."""
    for caution in found.cautions:
        console.print(caution, style="yellow", soft_wrap=True)
    windows = dict.fromkeys(row["time_window"] for row in found.summary)
    for window in windows:
        if len(windows) > 1:
            console.print(f"\n{window}, against the span before:", style="bold")
        rows = [row for row in found.summary if row["time_window"] == window]
        best: dict[str, Rows] = {}
        for row in rows:
            best.setdefault(row["metric"], []).append(row)
        for metric, ranked in best.items():
            for row in ranked[: DIMENSIONS if is_one_metric and not dimension else 1]:
                console.print(row["sentence"], soft_wrap=True)
            if is_one_metric:
                named = dimension or ranked[0]["dimension"]
                key = {"time_window": window, "metric": metric, "dimension": named}
                console.print(table_of([r for r in found.changes if key.items() <= r.items()]))


def explain(given: argparse.Namespace) -> None:
    """Print why."""
    if (given.before is None) != (given.after is None):
        raise InputError("--before and --after belong together: give both, or neither.")
    if given.before is None:
        found = stored(given.database, given.metric, given.dimension)
    else:
        spans = span_of(given.before), span_of(given.after)
        found = between(given.database, *spans, given.metric, given.dimension)
    if given.json:
        print(json.dumps(vars(found), indent=2, default=str))
        return
    # values are the log's, whatever brackets and colons are in them
    console = Console(highlight=False, markup=False, emoji=False)
    console.width = max(console.width, NARROWEST)
    tell(found, console, given.metric is not None, given.dimension)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command("explain", lambda: explain(given))


if __name__ == "__main__":
    exit_with(main())
