#!/usr/bin/env python3
"""Run one SQL query on the warehouse, opened read only, and print the result as a table."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[1]


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
        default=Path(os.environ.get("PINGTOP_DATABASE") or PROJECT / "pingtop.duckdb"),
        help="the warehouse's file (default: PINGTOP_DATABASE, else pingtop.duckdb)",
    )
    command.add_argument(
        "--rows", type=int, default=100, help="print at most so many rows (default: %(default)s)"
    )
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    if not given.database.is_file():
        print(f"query: there is no warehouse {given.database}: make build", file=sys.stderr)
        return 2
    # A terminal cuts what does not fit; a file or a pipe takes the whole line.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000
    try:
        with duckdb.connect(str(given.database), read_only=True) as connection:
            result = connection.sql(given.sql)
            if result is not None:
                result.show(max_width=width, max_rows=given.rows)
    except duckdb.Error as error:
        print(f"query: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
