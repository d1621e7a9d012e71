#!/usr/bin/env python3
"""Run one SQL query on the warehouse, opened read only, and print the result as a table."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

from common import BAD_INPUT, Ending, InputError, default_warehouse, open_database, run_command


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(prog="query", description=__doc__)
    command.add_argument(
        "sql",
        nargs="?",
        default="show tables",
        help="the query; the default lists the public tables",
    )
    command.add_argument(
        "--database",
        type=Path,
        default=default_warehouse(),
        help="the warehouse's file (default: PINGTOP_DATABASE, else pingtop.duckdb)",
    )
    command.add_argument(
        "--rows", type=int, default=100, help="print at most so many rows (default: %(default)s)"
    )
    return command


def query(given: argparse.Namespace) -> None:
    """Print the answer to the query."""
    if not given.database.is_file():
        raise InputError(f"there is no warehouse {given.database}: make build")
    # A terminal cuts what does not fit; a file or a pipe takes the whole line.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000
    with open_database(given.database, read_only=True) as connection:
        result = connection.sql(given.sql)
        if result is not None:
            result.show(max_width=width, max_rows=given.rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command("query", lambda: query(given), Ending(duckdb.Error, BAD_INPUT))


if __name__ == "__main__":
    sys.exit(main())
