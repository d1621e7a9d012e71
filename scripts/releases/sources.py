"""Where a release is copied from: the warehouse's file, or what an engine has built.

Both offer the same: what small queries give, and each public table as something to select from.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb

from common import (
    InUseError,
    check_duckdb_settings,
    exact_path,
    identifier,
    literal,
    not_opened,
)
from other_engines import Engine, NoTableError, open_engine
from other_engines.brought import in_utc
from releases.build import (
    AT_WORK,
    PUBLIC_SCHEMA,
    Build,
    PublishBusyError,
    PublishError,
    check_same_run,
)
from releases.release import duckdb_settings


class Source(Protocol):
    """What a release is copied from.

    connection: of DuckDB, in which the release is written. schema: of the public tables. adapter,
    database: as dbt's manifest names them. place: for sentences.
    """

    connection: duckdb.DuckDBPyConnection
    schema: str
    adapter: str
    database: str | None
    place: str

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a small query; none where a table of it is missing."""

    def table(self, name: str, schema: str | None = None) -> str:
        """A table in such a query, whatever is in its name. schema: that of the public tables."""

    def copied(self, table: str, node: dict[str, Any]) -> AbstractContextManager[str]:
        """What to select a public table from, in SQL of DuckDB, as long as the block lasts.

        node: its model in the manifest.
        """

    def check_alone(self, build: Build) -> None:
        """Stop where a run is building."""

    def check_unchanged(self, build: Build, target: Path) -> None:
        """Stop where a build has begun since the source was opened."""


class WarehouseFile:
    """A DuckDB file. While it is open, no build can write into it."""

    schema = PUBLIC_SCHEMA
    adapter = "duckdb"

    def __init__(self, connection: duckdb.DuckDBPyConnection, database: Path) -> None:
        self.connection = connection
        self.place = str(database)
        self.database = database.name.lstrip(".").split(".")[0]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        try:
            return self.connection.execute(query).fetchall()
        except duckdb.CatalogException:
            return []

    def table(self, name: str, schema: str | None = None) -> str:
        return f"{identifier(schema or self.schema)}.{identifier(name)}"

    @contextmanager
    def copied(self, table: str, _node: dict[str, Any]) -> Iterator[str]:
        source = self.table(table)
        try:
            self.connection.execute(f"describe {source}")
        except duckdb.CatalogException as error:
            raise no_table(table, self.place) from error
        yield source

    def check_alone(self, build: Build) -> None:
        """It is: a build has the file for itself."""

    def check_unchanged(self, build: Build, target: Path) -> None:
        """It cannot have changed."""


class EngineTables:
    """The tables of an engine. A build may begin at any moment: it is looked for at the end."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, engine: Engine, folder: Path) -> None:
        self.connection, self.engine, self.folder = connection, engine, folder
        self.schema, self.place = engine.schema, engine.place
        self.adapter, self.database = engine.adapter, engine.database

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        try:
            return self.engine.rows(query)
        except NoTableError:
            return []

    def table(self, name: str, schema: str | None = None) -> str:
        return f"{self.engine.quoted(schema or self.schema)}.{self.engine.quoted(name)}"

    @contextmanager
    def copied(self, table: str, node: dict[str, Any]) -> Iterator[str]:
        """It is copied to here first, and then has the types of its contract, as everywhere."""
        place = self.folder / table
        try:
            self.engine.write_parquet(f"select * from {self.table(table)}", place)
        except NoTableError as error:
            raise no_table(table, self.place) from error
        files = f"read_parquet({literal(f'{exact_path(place)}/*.parquet')})"
        found = self.connection.execute(f"describe select * from {files}").fetchall()
        columns = [
            as_agreed(name, kind, node["columns"].get(name, {}).get("data_type"))
            for name, kind, *_ in found
        ]
        yield f"(select {', '.join(columns)} from {files})"
        shutil.rmtree(place)

    def check_alone(self, build: Build) -> None:
        """A run that began before the last one, and is still at work, changes what that has built;
        one that was stopped has left what looks like it (macro run_at_work).
        """
        with suppress(NoTableError):
            for name in sorted(self.engine.views("raw")):
                if name.startswith(AT_WORK):
                    begun = datetime.strptime(name.removeprefix(AT_WORK)[:12], "%y%m%d%H%M%S")
                    raise PublishBusyError(
                        f"a run of dbt that began at {begun} UTC has not ended in {self.place}, "
                        f"and may change its tables: wait until it has, and build again "
                        f"({build.command}); if it was stopped before the last build began, say so "
                        f"(dbt run-operation forget_runs --target {self.engine.target})."
                    )

    def check_unchanged(self, build: Build, target: Path) -> None:
        try:
            check_same_run(build, target, self)
        except PublishError as error:
            raise PublishBusyError(
                f"a build began in {self.place} while its tables were copied: wait until it is "
                "done."
            ) from error


def as_agreed(name: str, kind: str, agreed: str | None) -> str:
    """A column with the type of its contract; moments are in UTC."""
    value, kind = in_utc(name, kind)
    return f"cast({value} as {agreed or kind}) as {identifier(name)}"


def no_table(table: str, place: str) -> PublishError:
    return PublishError(f"{place} has no table {table}: build it again.")


def open_warehouse(database: Path, spill: Path) -> duckdb.DuckDBPyConnection:
    """A connection whose current database is the warehouse, read only."""
    if not database.is_file():
        raise PublishError(f"there is no warehouse {database}: make build.")
    connection = connect(spill)
    try:
        connection.execute(f"attach {literal(database)} as warehouse (read_only)")
    except duckdb.Error as error:
        connection.close()
        reason = not_opened(database, error)
        kind = PublishBusyError if isinstance(reason, InUseError) else PublishError
        raise kind(str(reason)) from error
    connection.execute("use warehouse")
    return connection


def connect(spill: Path) -> duckdb.DuckDBPyConnection:
    """A connection to write a release in."""
    config = duckdb_settings() | {"temp_directory": str(spill)}
    check_duckdb_settings(config)
    return duckdb.connect(config=config)


@contextmanager
def open_source(database: Path, target: str | None, spill: Path) -> Iterator[Source]:
    """What is published: the tables of an engine where its target is named, else the file."""
    if target is None:
        with open_warehouse(database, spill) as connection:
            yield WarehouseFile(connection, database)
        return
    with open_engine(target) as engine, connect(spill) as connection:
        yield EngineTables(connection, engine, spill / "copied")
