#!/usr/bin/env python3
"""Run one SQL query on the warehouse, opened read only, and print the result as a table.

With --csv, the result becomes a file for a spreadsheet.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

from common import (
    BAD_INPUT,
    Ending,
    InputError,
    add_database,
    exit_with,
    identifier,
    literal,
    open_database,
    run_command,
    sentence_of,
)

ENDINGS = (
    Ending((duckdb.IOException, duckdb.OutOfMemoryException), BAD_INPUT, sentence_of),
    Ending(duckdb.Error, BAD_INPUT),
)

# A spreadsheet runs a cell that begins so as a formula, whatever it is quoted with (OWASP, "CSV
# injection"); with an apostrophe before it, it is text. A number may well begin with a minus.
FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
NUMBERS = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\)")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(prog="query", description=__doc__)
    command.add_argument(
        "sql",
        nargs="?",
        default="show tables",
        help="the query; the default lists the public tables",
    )
    add_database(command)
    command.add_argument(
        "--rows", type=int, default=100, help="print at most so many rows (default: %(default)s)"
    )
    command.add_argument(
        "--csv",
        type=Path,
        metavar="FILE",
        help="write the result into this file instead, for a spreadsheet: an apostrophe stands "
        "before every text that would be run as a formula",
    )
    return command


def write_csv(result: duckdb.DuckDBPyRelation, file: Path) -> None:
    """Write the result, its texts made harmless to a spreadsheet; numbers stay as they are."""
    places = [f"column_{number}" for number in range(len(result.columns))]  # names may be twice
    columns = []
    for place, name, kind in zip(places, result.columns, result.types, strict=True):
        cell = place
        if not NUMBERS.fullmatch(str(kind)):
            text = f"cast({place} as varchar)"
            is_formula = f"regexp_matches({text}, {literal(FORMULA)})"
            quoted = f"{literal(chr(39))} || {text}"
            cell = f"case when {is_formula} then {quoted} else {text} end"
        columns.append(f"{cell} as {identifier(name)}")
    cells = f"select {', '.join(columns)} from asked as cells({', '.join(places)})"
    result.query("asked", cells).write_csv(str(file))


def query(given: argparse.Namespace) -> None:
    """Print the answer to the query, or write it."""
    if not given.database.is_file():
        raise InputError(f"there is no warehouse {given.database}: make build")
    # A terminal cuts what does not fit; a file or a pipe takes the whole line.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000
    with open_database(given.database, read_only=True) as connection:
        result = connection.sql(given.sql)
        if given.csv:
            if result is None:
                raise InputError("--csv needs a query that has a result.")
            write_csv(result, given.csv)
        elif result is not None:
            result.show(max_width=width, max_rows=given.rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command("query", lambda: query(given), *ENDINGS)


if __name__ == "__main__":
    exit_with(main())
