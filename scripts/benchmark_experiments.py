#!/usr/bin/env python3
"""Prove what experiments say: nothing is seen where there is nothing, and what is planted is found.

    splits     of the log in the warehouse, at random: how often is p below 0.05?
    peeks      the same splits, looked at again and again: how often does the always-valid interval
               exclude 0 at one look or another?
    lifts      logs with a planted lift: how often is it inside of its interval?
    51:49      is such a split of 100,000 users flagged?

The exit code is 1 where a share is outside of its bounds; docs/experiments.md has what was found.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, TimeElapsedColumn

from benchmarks.experiment_lifts import coverage
from benchmarks.experiment_report import by_family, share_rows, show
from benchmarks.experiment_splits import false_positives, peeks
from common import FAILED, OK, InputError, add_database, progress_bars, run_command
from experiments.inference import HAS_LIBRARY, MISSING
from experiments.metrics import METRICS
from experiments.splits import LEAST_P, chi_square_of, p_value_of
from experiments.warehouse import open_warehouse

BOUNDS = (0.037, 0.063)  # of what should be 0.05, in 1,000 splits
COVERED = (0.93, 0.97)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="benchmark_experiments", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add_database(command)
    command.add_argument("--splits", type=int, default=1_000, metavar="N", help="%(default)s")
    command.add_argument("--looks", type=int, default=14, metavar="N", help="%(default)s")
    command.add_argument("--logs", type=int, default=500, metavar="N", help="%(default)s")
    command.add_argument("--log-users", type=int, default=3_000, metavar="N", help="%(default)s")
    command.add_argument("--log-events", type=int, default=60_000, metavar="N", help="%(default)s")
    command.add_argument("--seed", type=int, default=1, metavar="N", help="%(default)s")
    command.add_argument("--output", type=Path, metavar="FILE", help="the numbers as JSON")
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    return command


def prove(given: argparse.Namespace) -> int:
    """Measure all four; 1 where one is out of its bounds."""
    if not HAS_LIBRARY:
        raise InputError(f"{MISSING}.")
    for name in ("splits", "looks", "logs", "log_users", "log_events"):
        if getattr(given, name) < 1:
            raise InputError(f"--{name.replace('_', '-')} must be 1 or more.")
    console, metrics = Console(highlight=False), len(METRICS)
    with (
        open_warehouse(given.database) as connection,
        progress_bars(MofNCompleteColumn(), TimeElapsedColumn(), quiet=given.quiet) as progress,
    ):
        task = progress.add_task("splits", total=2 * metrics + given.looks + given.logs)

        def step() -> None:
            progress.advance(task)

        alike = false_positives(connection, given.splits, given.seed, step)
        looked_at = peeks(connection, given.splits, given.looks, given.seed, step)
        planted = coverage(given.logs, given.log_users, given.log_events, step, given.seed)
    p_value = p_value_of(chi_square_of([51_000, 49_000], [1.0, 1.0]), 1)
    assert p_value is not None
    show(
        console, f"{given.splits:,} splits in which nothing differs: p below 0.05",
        ("", "as measured", "with CUPED"), share_rows(alike),
    )  # fmt: skip
    show(
        console, f"The same, looked at {given.looks} times: 0 excluded at one look or another",
        ("", "always valid", "by p at each look"), share_rows(looked_at),
    )  # fmt: skip
    show(
        console, f"{given.logs:,} logs with a planted lift: inside of the 95% interval",
        ("", "planted", "mean found", "inside", "inside with CUPED", "told from 0"),
        [[one.metric, f"{one.lift:.0%}", f"{one.mean_lift:.1%}", *(
            f"{count / one.logs:.1%}" for count in (one.covered, one.cuped_covered, one.found)
        )] for one in planted],
    )  # fmt: skip
    console.print(f"51,000 : 49,000 users: p = {p_value:.1e}, flagged below {LEAST_P}.")
    low, high = BOUNDS
    checks = [
        *(low <= share <= high for pair in by_family(alike).values() for share in pair),
        *(always <= high for always, _ in by_family(looked_at).values()),
        *(
            COVERED[0] <= count / one.logs <= COVERED[1]
            for one in planted
            for count in (one.covered, one.cuped_covered)
        ),
        p_value < LEAST_P,
    ]
    console.print(f"{sum(checks)} of {len(checks)} shares are within their bounds.")
    if given.output:
        found = {"splits": alike, "peeks": looked_at, "lifts": planted}
        found_rows = {name: [asdict(one) for one in rows] for name, rows in found.items()}
        given.output.write_text(json.dumps(found_rows, indent=2) + "\n")
    return OK if all(checks) else FAILED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command("benchmark_experiments", lambda: prove(given))


if __name__ == "__main__":
    sys.exit(main())
