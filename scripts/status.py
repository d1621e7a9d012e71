#!/usr/bin/env python3
"""Say how the last runs of dbt on the warehouse ended: the table build_history, newest first.

Where a build has the warehouse, that is said, and the current release tells of the runs before it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from common import add_database, add_releases, exit_with, run_command
from operations.status import as_json, print_table, read_status


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(prog="status.py", description=__doc__)
    add_database(command)
    add_releases(command)
    command.add_argument(
        "--runs", type=int, default=10, metavar="N", help="runs to show (default: %(default)s)"
    )
    command.add_argument(
        "--json",
        action="store_true",
        help="all columns, for alerting: {in_use, source, current_release, builds}; exit code 0 "
        "whatever the builds came to",
    )
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)

    def work() -> None:
        status = read_status(given.database, given.releases, given.runs)
        if given.json:
            print(json.dumps(status, indent=2, default=as_json))
        else:
            print_table(status)

    return run_command("status.py", work)


if __name__ == "__main__":
    exit_with(main())
