"""Models over small tables in memory, by their compiled SQL."""

from __future__ import annotations

import duckdb

from common import identifier
from project.compiled_models import Compiled

SCHEMAS = ("main", "intermediate", "staging", "raw")


def memory_with_schemas() -> duckdb.DuckDBPyConnection:
    """An empty database in memory, with the schemas of a warehouse."""
    connection = duckdb.connect(config={"threads": 1})  # the tables are small
    for schema in SCHEMAS:
        connection.execute(f"create schema if not exists {schema}")
    return connection


def run_models(connection: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    """Build the tables anew from what stands in the others."""
    for (schema, name), query in compiled.items():
        place = f"{identifier(schema)}.{identifier(name)}"
        connection.execute(f"create or replace table {place} as {query}")
