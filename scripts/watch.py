#!/usr/bin/env python3
"""Say what is odd about the newest whole day, or another one: the table metric_alerts.

The exit code is 0 where nothing is odd, 3 where something is, 2 for bad input; cron, or any
orchestrator, may go by it. While a build has the warehouse, the current release is read.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import date

from alerts.watching import sentences, watch

from common import OK, add_database, add_releases, exit_with, run_command
from operations.status import as_json

ALERTS = 3


def a_day(text: str) -> date:
    """A day on the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no day: write it as 2024-03-02.") from error


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(prog="watch.py", description=__doc__)
    add_database(command)
    add_releases(command)
    command.add_argument(
        "--day",
        type=a_day,
        metavar="DAY",
        help="a day of the log (default: the newest that is over)",
    )
    command.add_argument(
        "--json",
        action="store_true",
        help="{source, day, looked_at, judged, unfinished_day, alerts}; alerts with all columns",
    )
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)

    def work() -> int:
        found = watch(given.database, given.releases, given.day)
        if given.json:
            print(json.dumps(found.as_dict(), indent=2, default=as_json))
        else:
            print("\n".join(sentences(found)))
        return ALERTS if found.alerts else OK

    return run_command("watch.py", work)


if __name__ == "__main__":
    exit_with(main())
