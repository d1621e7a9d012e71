#!/usr/bin/env python3
"""Say what raw data are, how a build would read them, and draft a mapping where they need one.

Exit code 0: a build can go on as it is. 1: not yet, as a draft was written, or something must be
mended. 2: bad usage, such as a folder that is not there. Nothing that is there is changed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import duckdb

from common import BAD_INPUT, Ending, exit_with, run_command, sentence_of
from intake.inspection import inspect, keep_draft, raw_location, report, verdict, wrapped
from intake.inspection_json import as_json
from intake.location import find_location


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="inspect_log",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "raw",
        nargs="?",
        help="a folder, a file, a pattern, duckdb:///… or s3://… "
        "(default: PINGTOP_RAW_LOCATION, else the demo)",
    )
    command.add_argument(
        "--output",
        type=Path,
        help="the file that a draft is written to (default: mapping.yml in the folder); "
        "one that is there stays as it is",
    )
    command.add_argument(
        "--sample",
        type=int,
        default=1_000_000,
        metavar="ROWS",
        help="try a build with at most about so many rows of the log (default: %(default)s)",
    )
    command.add_argument("--json", action="store_true", help="print what is found as one object")
    return command


def inspect_log(given: argparse.Namespace) -> int:
    """Print what was found; the result is the exit code."""
    found = inspect(find_location(raw_location(given.raw)), max(1, given.sample))
    if given.json:
        print(as_json(found, keep_draft(found, given.output)))
        return found.exit_code
    for line in report(found):
        print(line)
    for line in verdict(found):
        print(line)
    said = keep_draft(found, given.output)
    for line in wrapped(said):
        print(line)
    return found.exit_code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command(
        "inspect_log",
        lambda: inspect_log(given),
        Ending((OSError, duckdb.Error), BAD_INPUT, sentence_of),
    )


if __name__ == "__main__":
    exit_with(main())
