"""A log that does not fit into the memory limit is spilled to disk, and nothing of it is lost."""

from __future__ import annotations

from pathlib import Path

import duckdb
import generate_data
from warehouse import MODELS_ONLY, Warehouse

EVENTS = 600_000
# One group by over the events takes more than this; with less, DuckDB gives up.
LIMIT = "64MB"


def test_build_spills_and_goes_on(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.raw.rmdir()
    sizes = ["--events", EVENTS, "--users", 4_000, "--pings", 2_000, "--dirt", 0, "--repeats", 0]
    given = ["--output", warehouse.raw, *sizes, "--quiet"]
    assert generate_data.main([str(argument) for argument in given]) == 0
    done = warehouse.dbt(
        "build",
        *MODELS_ONLY,
        "--select",
        "+user_ping_engagement",
        environment={"PINGTOP_MEMORY_LIMIT": LIMIT, "PINGTOP_THREADS": "2"},
    )
    assert done.returncode == 0, done.stdout[-3000:]
    built = warehouse.rows(
        "select user_id, ping_id, n_events from user_ping_engagement order by all"
    )
    expected = duckdb.sql(
        f"select user_id, ping_id, count(*) from '{warehouse.raw}/interactions/*.parquet'"
        " group by all order by all"
    ).fetchall()
    assert built == expected
