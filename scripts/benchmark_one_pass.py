#!/usr/bin/env python3
"""The benchmark's first yardstick: one `group by user_id, ping_id` over the raw interactions.

It runs in a process of its own and loads nothing but DuckDB, so that its cost is that of the query.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb

from benchmarks.one_pass import one_pass
from common import FAILED, Ending, run_command


def main() -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("location", type=Path, help="folder with the raw data as Parquet")
    parser.add_argument("database", type=Path, help="DuckDB file to create")
    parser.add_argument("--threads", help="DuckDB's threads")
    parser.add_argument("--memory-limit", help="DuckDB's memory limit, such as 4GB")
    parser.add_argument("--temp-directory", help="where DuckDB spills to")
    given = parser.parse_args()
    names = ("threads", "memory_limit", "temp_directory")
    settings = {name: getattr(given, name) for name in names if getattr(given, name)}

    def work() -> None:
        print(one_pass(given.location, given.database, settings))

    return run_command("benchmark_one_pass", work, Ending(duckdb.Error, FAILED))


if __name__ == "__main__":
    sys.exit(main())
