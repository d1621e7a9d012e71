"""The first yardstick: one `group by user_id, ping_id`, with nothing loaded but DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from common import exact_path


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
            [[exact_path(file) for file in interaction_files(location)]],
        )
        row = connection.execute("select count(*) from user_pings").fetchone()
    return int(row[0]) if row else 0
