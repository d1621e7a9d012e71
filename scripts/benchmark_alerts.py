#!/usr/bin/env python3
"""Prove what alerts say: nothing of a year without faults, and each planted fault on its day.

    years    logs of a year, in which days differ as days do: how many alerts, over all metrics?
    faults   logs in which half the events of a day are missing, watch times are in milliseconds, a
             delivery came again, an event type is dead, a bot is there, next to nothing comes on
             the newest day: how often is it found on its day, in the metric that shows it?

Everything runs in memory, by the compiled SQL of the models. The exit code is 1 where a year has
more than 12 alerts, or a fault is found in less than 95 % of the logs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.alert_logs import FAULTS
from benchmarks.alert_trials import Found, try_faults, try_year
from common import FAILED, OK, InputError, progress_bars, run_command
from project.compiled_models import compile_models

MODELS = ("int_log_end", "models/intermediate/alerts", "models/marts/alerts")
MOST_ALERTS = 12  # of a year
LEAST_FOUND = 0.95


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="benchmark_alerts", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    command.add_argument("--years", type=int, default=10, metavar="N", help="%(default)s")
    command.add_argument("--logs", type=int, default=200, metavar="N", help="%(default)s")
    command.add_argument(
        "--events", type=int, default=2_000, metavar="N", help="events of a day: %(default)s"
    )
    command.add_argument("--seed", type=int, default=1, metavar="N", help="%(default)s")
    command.add_argument("--output", type=Path, metavar="FILE", help="the numbers as JSON")
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    return command


def prove(given: argparse.Namespace) -> int:
    """Measure both; 1 where one is out of its bounds."""
    for name in ("years", "logs", "events"):
        if getattr(given, name) < 1:
            raise InputError(f"--{name} must be 1 or more.")
    console = Console(highlight=False)
    compiled = compile_models(MODELS)
    years: list[Found] = []
    faults: Counter[str] = Counter()
    false_alerts, false_days = 0, 0
    with progress_bars(MofNCompleteColumn(), TimeElapsedColumn(), quiet=given.quiet) as progress:
        task = progress.add_task("logs", total=given.years + given.logs)
        for number in range(given.years):
            years.append(try_year(compiled, given.seed + number, given.events))
            progress.advance(task)
        for number in range(given.logs):
            found = try_faults(compiled, given.seed + 10_000 + number, given.events)
            faults.update(found.faults)
            false_alerts, false_days = false_alerts + found.alerts, false_days + found.days
            progress.advance(task)
    alerts = [year.alerts for year in years]
    console.print(
        f"{given.years} years without faults, of {years[0].metrics} metrics and segments: "
        f"{sum(alerts) / len(alerts):.1f} alerts a year, at most {max(alerts)} "
        f"(bound: {MOST_ALERTS})."
    )
    shown = Table("planted", "found on its day", f"of {given.logs} logs")
    for fault in FAULTS:
        share = faults[fault.name] / given.logs
        shown.add_row(fault.name, str(faults[fault.name]), f"{share:.1%}")
    console.print(shown)
    console.print(f"Beside them, {false_alerts} alerts on {false_days} days without a fault.")
    if given.output:
        numbers = {
            "alerts_a_year": alerts, "logs": given.logs, "found": dict(faults),
            "false_alerts": false_alerts, "days": false_days,
        }  # fmt: skip
        given.output.write_text(json.dumps(numbers, indent=2) + "\n")
    is_good = max(alerts) <= MOST_ALERTS and all(
        faults[fault.name] >= LEAST_FOUND * given.logs for fault in FAULTS
    )
    return OK if is_good else FAILED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command("benchmark_alerts", lambda: prove(given))


if __name__ == "__main__":
    sys.exit(main())
