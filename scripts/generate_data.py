#!/usr/bin/env python3
"""Write a synthetic log of a short-video app, of any size, in the raw contract as Parquet.

Or, with `--shape compound_label`, in the shape of another log, as CSV with a mapping.

How the log is made stands in the folder `log`. The same arguments always give the same files.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from rich.progress import MofNCompleteColumn, TimeElapsedColumn, TimeRemainingColumn

from common import FAILED, STOPPED, Ending, exit_with, progress_bars, run_command
from log.arguments import check, parser
from log.compound_label import generate_compound_label
from log.files import clear, generate
from log.plan import COMPOUND_LABEL


def write(given: argparse.Namespace) -> None:
    """Write the log that the command line asks for."""
    plan = check(given)
    clear(given.output, given.overwrite)
    began = time.perf_counter()
    columns = MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    with progress_bars(*columns, quiet=given.quiet, is_kept=True) as progress:
        task = progress.add_task("events", total=plan.events)
        if plan.shape == COMPOUND_LABEL:
            generate_compound_label(plan, given.output)
            progress.advance(task, plan.events)
        else:
            generate(plan, given.output, given.jobs, lambda rows: progress.advance(task, rows))
    if not given.quiet:
        seconds = time.perf_counter() - began
        written = [*given.output.rglob("*.parquet"), *given.output.glob("*.csv")]
        size = sum(path.stat().st_size for path in written) / 1e6
        print(
            f"{plan.events:,} events of {plan.users:,} users on {plan.pings:,} pings over "
            f"{plan.days} days: {size:,.1f} MB in {given.output} ({seconds:.1f} s)"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command(
        "generate_data",
        lambda: write(given),
        Ending(MemoryError, FAILED, lambda _: "not enough memory for so many users or pings."),
        Ending(OSError, FAILED, lambda error: f"cannot write: {error}"),
        Ending(KeyboardInterrupt, STOPPED, lambda _: "stopped; the folder is not complete."),
    )


if __name__ == "__main__":
    exit_with(main())
