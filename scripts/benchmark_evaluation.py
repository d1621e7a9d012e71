#!/usr/bin/env python3
"""Measure the offline evaluation against RecTools and ranx on synthetic lists and truth.

Every run has a process of its own. CPU seconds are user and system time of all its threads, from
its start to its end (imports included) and from reading the Parquet files to the numbers; memory
is the largest resident set. The lists have 10 pings a user and the truth about 5, a quarter of the
users has a hit, and everybody computes hit rate, precision, recall, MRR, MAP and NDCG at 10.
The runs must agree on the numbers, or the comparison stops.

What is measured:

    engine    `evaluate` of the folder evaluation: reads, checks (repeats, gaps, odd grades) and
              computes all of its metrics that need lists and truth only. A further line says
              what is left of it without the checks, which the others do not make
    program   `evaluate.py` as one calls it: the same, the files, the tables and the chart
    rectools  RecTools, from pandas frames
    ranx      ranx, from pandas frames; ids as text and grades as whole numbers, as it needs them

RecTools and ranx check nothing and are left out where they are not installed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from rich.console import Console

from benchmarks.evaluation_data import K, write_data
from benchmarks.evaluation_report import result_table
from benchmarks.evaluation_tools import (
    TOOLS,
    is_installed,
    measure,
    measure_in_turns,
)
from benchmarks.measuring import RunError
from common import FAILED, OK, Ending, InputError, run_command

MEASURED = ("cpu_s", "work_cpu_s", "checks_cpu_s", "peak_mb")
EXAMPLES = """examples:
  scripts/benchmark_evaluation.py
  scripts/benchmark_evaluation.py --users 200000 --repeats 5 --output benchmark.json
"""


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="benchmark_evaluation.py",
        description="Measure the offline evaluation against RecTools and ranx.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--users", type=int, default=20_000, metavar="N", help="default: 20000")
    parser.add_argument(
        "--pings", type=int, default=50_000, metavar="N", help="in the catalogue (default: 50000)"
    )
    parser.add_argument(
        "--ids", choices=("text", "integer"), default="text", help="kind of ids (default: text)"
    )
    parser.add_argument(
        "--repeats", type=int, default=3, metavar="N", help="runs each; medians count (default: 3)"
    )
    parser.add_argument(
        "--tools", nargs="+", choices=TOOLS, default=TOOLS, help="what to run (default: all)"
    )
    parser.add_argument(
        "--threads", type=int, metavar="N", help="DuckDB's threads (default: all cores)"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the results as JSON")
    # One measured run in a process of its own; started by the program itself.
    parser.add_argument("--measure", choices=TOOLS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser


def check(given: argparse.Namespace) -> None:
    """Stop at a number that is too small."""
    smallest = {"users": 100, "pings": 100, "repeats": 1, "threads": 1}
    for name, least in smallest.items():
        value = getattr(given, name)
        if value is not None and value < least:
            raise InputError(f"--{name} is {value}: give {least} or more.")


def measure_and_report(given: argparse.Namespace) -> None:
    """Measure what the command line asks for; show it, and keep it where asked."""
    check(given)
    tools = [tool for tool in TOOLS if tool in given.tools and is_installed(tool)]
    for tool in set(given.tools) - set(tools):
        print(f"benchmark_evaluation: {tool} is not installed and is left out.", file=sys.stderr)
    size, runs = measure_in_turns(
        tools,
        given.repeats,
        given.threads,
        lambda folder: write_data(folder, given.users, given.pings, given.ids),
    )
    summary = {
        tool: {name: median(run[name] for run in found) for name in MEASURED}
        for tool, found in runs.items()
    }
    Console(highlight=False).print(result_table(size, summary, given.repeats))
    if given.output:
        content = {
            "data": {**size, "ids": given.ids, "k": K},
            "repeats": given.repeats,
            "cores": os.cpu_count(),
            "medians": summary,
            "runs": runs,
        }
        given.output.parent.mkdir(parents=True, exist_ok=True)
        given.output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program. Returns the exit code."""
    given = build_parser().parse_args(arguments)
    if given.measure:
        print(json.dumps(measure(given.measure, given.folder, given.threads)))
        return OK
    return run_command(
        "benchmark_evaluation", lambda: measure_and_report(given), Ending(RunError, FAILED)
    )


if __name__ == "__main__":
    sys.exit(main())
