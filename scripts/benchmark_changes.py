#!/usr/bin/env python3
"""Prove that metric_change_summary finds causes: it is asked about generated logs with one.

    a category's rate       its views are watched through less often on the second day
    a country's share       its users, who like less, are there four times as much
    a creator's flood       a fifth of all impressions are the creator's, and few are viewed
    a broken client         8 % of the users send no watch time
    nothing                 where nothing should stand out

A cause is found where its dimension is the first, with the culprit as its value. The exit code is 1
where that is so in fewer than 95 % of the logs of a cause, or where something stands out in more
than 10 % of those without one. docs/changes.md has what was found.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.change_logs import CAUSES, Cause, make_logs
from benchmarks.change_models import MODELS, changes_of
from common import FAILED, OK, InputError, progress_bars, run_command
from project.compiled_models import Compiled, compile_models, compiled_in

AT_ONCE = 20  # logs in one database
LEAST_FOUND, MOST_FALSE = 0.95, 0.10
FIRST = """
    select time_window, dimension, top_value, concentration, sentence from metric_change_summary
    where dimension_rank = 1 and metric = ?
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="benchmark_changes", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    command.add_argument(
        "--logs", type=int, default=200, metavar="N", help="of each cause: %(default)s"
    )
    command.add_argument(
        "--users", type=int, default=1_500, metavar="N", help="of a log: %(default)s"
    )
    command.add_argument(
        "--impressions", type=int, default=20_000, metavar="N", help="of a day: %(default)s"
    )
    command.add_argument("--seed", type=int, default=1, metavar="N", help="%(default)s")
    command.add_argument(
        "--compiled", type=Path, metavar="FOLDER", help="a target folder of dbt, else it compiles"
    )
    command.add_argument("--output", type=Path, metavar="FILE", help="the numbers as JSON")
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    return command


def named_first(
    queries: Compiled,
    cause: Cause,
    numbers: range,
    given: argparse.Namespace,
    step: Callable[[], None],
) -> list[tuple[bool, str]]:
    """Of each log whether the cause comes first (without: anything), and what is said."""
    logs = make_logs(cause.name, numbers, given.seed, given.users, given.impressions, step)
    with changes_of(queries, logs.tables) as connection:
        rows = connection.execute(FIRST, [cause.metric]).fetchall()
    return [
        (
            (dimension, value) == (cause.dimension, logs.culprits[window])
            if cause.dimension
            else concentration > 0,
            f"{window}: {sentence}",
        )
        for window, dimension, value, concentration, sentence in rows
    ]


def prove(given: argparse.Namespace) -> int:
    """Measure all causes; 1 where one is found too seldom."""
    for name in ("logs", "users", "impressions"):
        if getattr(given, name) < 1:
            raise InputError(f"--{name} must be 1 or more.")
    found: dict[str, list[tuple[bool, str]]] = {cause.name: [] for cause in CAUSES}
    with progress_bars(MofNCompleteColumn(), TimeElapsedColumn(), quiet=given.quiet) as progress:
        queries = compiled_in(given.compiled, MODELS) if given.compiled else compile_models(MODELS)
        task = progress.add_task("logs", total=given.logs * len(CAUSES))
        for cause in CAUSES:
            for first in range(0, given.logs, AT_ONCE):
                numbers = range(first, min(first + AT_ONCE, given.logs))
                found[cause.name] += named_first(
                    queries, cause, numbers, given, lambda: progress.advance(task)
                )
    table = Table("planted", "logs", "named first", "for example")
    checks = []
    for cause in CAUSES:
        rows = found[cause.name]
        share = sum(is_first for is_first, _ in rows) / len(rows)
        checks.append(share >= LEAST_FOUND if cause.dimension else share <= MOST_FALSE)
        table.add_row(cause.name, str(len(rows)), f"{share:.1%}", rows[0][1])
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(table)
    console.print(f"{sum(checks)} of {len(checks)} shares are within their bounds.")
    if given.output:
        given.output.write_text(json.dumps(found, indent=2) + "\n")
    return OK if all(checks) else FAILED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command("benchmark_changes", lambda: prove(given))


if __name__ == "__main__":
    sys.exit(main())
