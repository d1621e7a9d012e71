"""What an engine has written as Parquet, as DuckDB has it."""

from __future__ import annotations

from common import identifier

WITH_TIME_ZONE = "TIMESTAMP WITH TIME ZONE"


def in_utc(name: str, kind: str) -> tuple[str, str]:
    """The value of a column in SQL of DuckDB, and its type; moments are in UTC and without zone."""
    if kind == WITH_TIME_ZONE:
        return f"({identifier(name)} at time zone 'UTC')", "TIMESTAMP"
    return identifier(name), kind
