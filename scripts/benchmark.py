#!/usr/bin/env python3
"""Measure the full `dbt build` against two yardsticks, on the same generated files.

The yardsticks are one `group by user_id, ping_id` over the raw interactions in DuckDB, with the
build's threads and memory limit, and the core of the pipeline in vectorised pandas. Each runs in a
process of its own; seconds and memory are those of the whole tree of processes.

With --incremental it measures builds on a warehouse that is there already instead, beside a full
one, with the CPU seconds of each model.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from benchmarks.arguments import check, check_cut, parser, plans
from benchmarks.incremental import benchmark_incremental
from benchmarks.incremental_report import print_incremental
from benchmarks.measuring import RunError
from benchmarks.report import machine, print_report
from benchmarks.sizes import benchmark, growth_exponents, size_of
from common import BAD_INPUT, FAILED, Ending, progress_bars, run_command
from log.files import generate

GENERATOR_JOBS = 2


@contextmanager
def work_folder(parent: Path, keep: bool) -> Iterator[Path]:
    """Give a new folder that is gone afterwards, unless it is to be kept."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=parent.resolve()))
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def logs(given: argparse.Namespace, work: Path, progress: Progress) -> list[Path]:
    """The folders with the logs to measure: the given ones, or new ones, smallest first."""
    folders = [path.resolve() for path in given.data or []]
    for plan in [] if given.data else plans(given):
        task = progress.add_task(f"{plan.events:,} events: generate", total=plan.events)
        folder = work / f"data_{plan.events}"
        generate(plan, folder, GENERATOR_JOBS, partial(progress.advance, task))
        folders.append(folder)
    return folders


def run(given: argparse.Namespace) -> dict[str, Any]:
    """Measure what is asked for; the result is the report."""
    options, cut = check(given), check_cut(given)
    for folder in given.data or []:
        size_of(folder)
    if not given.data:
        plans(given)
    with (
        work_folder(given.work_dir or options.project / "benchmark", given.keep) as work,
        progress_bars(TimeElapsedColumn(), quiet=given.quiet, is_kept=True) as progress,
    ):
        folders = logs(given, work, progress)
        if cut:
            found = benchmark_incremental(folders[0], work / "builds", options, cut, progress)
        else:
            results = [
                benchmark(folder, work / f"size_{number}", options, progress)
                for number, folder in enumerate(folders)
            ]
            results.sort(key=lambda result: result["data"]["events"])
            found = {"sizes": results, "growth_exponents": growth_exponents(results)}
    how = {"machine": machine(), "settings": options.settings, "repeat": options.repeat}
    return how | found


def measure_and_report(given: argparse.Namespace) -> None:
    """Measure what the command line asks for; show it, and keep it as JSON."""
    report = run(given)
    output = given.output or (given.work_dir or given.project_dir / "benchmark") / "benchmark.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(report, indent=2) + "\n")
    console = Console(highlight=False)
    (print_incremental if given.incremental else print_report)(report, console)
    console.print(f"The same as JSON: {output}", soft_wrap=True, markup=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command(
        "benchmark",
        lambda: measure_and_report(given),
        Ending(RunError, BAD_INPUT),
        Ending(OSError, FAILED),
    )


if __name__ == "__main__":
    # So that a program that is being measured never outlives this one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
