"""Compares the public tables of two warehouses, row by row and to the last bit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

SHOWN_ROWS = 3
# that all others are made of
FIRST_SHOWN = {"intake_files", "intake_summary", "rejected_rows", "interactions", "users", "pings"}

# what two builds of the same files may have different, whatever they are
NOT_COMPARED = {
    "intake_files.batch_number": "it says in which build a file was read",
}
# which run built a warehouse, and when, is no matter of the log
TABLES_NOT_COMPARED = {"build_history"}


# rows of what happened between builds, which a whole build knows nothing of
COMPARED_ROWS = {"build_gates": "gate <> 'vanished files'"}


@dataclass(frozen=True)
class Side:
    """A warehouse, and what it is called in a message."""

    name: str
    database: Path


def differences(left: Side, right: Side, where: dict[str, str] | None = None) -> list[str]:
    """A paragraph for every public table (or view) that differs; none where all are equal.

    where: for some tables, the condition on the rows that are compared.
    """
    with duckdb.connect() as connection:
        for schema, side in (("l", left), ("r", right)):
            copy_public_tables(connection, schema, side.database)
        tables = {schema: columns_of(connection, schema) for schema in ("l", "r")}
        found = []
        every_table = {*tables["l"], *tables["r"]}
        for table in sorted(every_table, key=lambda name: (name not in FIRST_SHOWN, name)):
            columns = tables["l"].get(table, [])
            if columns != tables["r"].get(table, []):
                there = f"{left.name}: {tables['l'].get(table)}, {right.name}: "
                found.append(f"{table} has other columns: {there}{tables['r'].get(table)}")
            else:
                names = [name for name, _ in columns]
                condition = (where or {}).get(table, COMPARED_ROWS.get(table, "true"))
                found += row_differences(connection, (left, right), table, names, condition)
        return found


def copy_public_tables(connection: duckdb.DuckDBPyConnection, schema: str, database: Path) -> None:
    """Into memory: a view names its database, which can be attached only once by that name."""
    connection.execute(f"create schema {schema}")
    connection.execute(f"attach '{database}' as {database.stem} (read_only)")
    names = connection.execute(
        "select table_name from information_schema.tables "
        f"where table_catalog = '{database.stem}' and table_schema = 'main'"
    ).fetchall()
    for (name,) in names:
        if name in TABLES_NOT_COMPARED:
            continue
        connection.execute(f'create table {schema}."{name}" as from {database.stem}.main."{name}"')
    connection.execute(f"detach {database.stem}")


def columns_of(
    connection: duckdb.DuckDBPyConnection, schema: str
) -> dict[str, list[tuple[str, str]]]:
    """Names and types of the columns of every table."""
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        f"where schema_name = '{schema}' order by table_name, column_index"
    ).fetchall():
        columns.setdefault(table, []).append((column, kind))
    return columns


def row_differences(
    connection: duckdb.DuckDBPyConnection,
    sides: tuple[Side, Side],
    table: str,
    columns: list[str],
    condition: str,
) -> list[str]:
    known = [name for name in columns if f"{table}.{name}" not in NOT_COMPARED]
    values = ", ".join(f'"{name}"' for name in known)
    found = []
    for schema, other, side in (("l", "r", sides[0]), ("r", "l", sides[1])):
        only = f'from {schema}."{table}" where {condition}'
        only = f'select {values} {only} except all select {values} from {other}."{table}"'
        rows = connection.execute(f"{only} where {condition} order by all").fetchall()
        if rows:
            shown = "".join(f"\n    {row}" for row in rows[:SHOWN_ROWS])
            found.append(f"{table}: {len(rows)} rows only in {side.name} ({values}){shown}")
    return found
