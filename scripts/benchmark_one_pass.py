#!/usr/bin/env python3
"""The benchmark's first yardstick: one `group by user_id, ping_id` over the raw interactions.

It runs in a process of its own and loads nothing but DuckDB, so that its cost is that of the query.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb


def interaction_files(location: Path) -> list[str]:
    """Parquet files of the interactions in a folder of raw data."""
    found = [*location.glob("interactions*.parquet"), *location.glob("interactions/**/*.parquet")]
    return sorted(str(path) for path in found)


def one_pass(location: Path, database: Path, settings: Mapping[str, str]) -> int:
    """Write one row per user and ping into a new database; the result is the number of rows."""
    with duckdb.connect(str(database), config=dict(settings)) as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute(
            """
            create table user_pings as
            select
                user_id,
                ping_id,
                count(*) as n_events,
                sum(watch_time_sec) as watch_time_sec
            from read_parquet(?)
            group by user_id, ping_id
            """,
            [interaction_files(location)],
        )
        row = connection.execute("select count(*) from user_pings").fetchone()
    return int(row[0]) if row else 0


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
    try:
        print(one_pass(given.location, given.database, settings))
    except duckdb.Error as error:
        print(f"benchmark_one_pass: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
