"""What every engine can do."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from common import InputError, Row

AT_A_TIME = 20_000  # rows that are in memory
MICROSECONDS = pa.timestamp("us")


class EngineError(InputError):
    """The engine cannot do what it is asked. The message is one sentence."""


class NoTableError(EngineError):
    """It has no such table."""


def not_installed(target: str) -> EngineError:
    """What to raise where a package that a target of profiles.yml needs is missing."""
    extra = target.split("_", maxsplit=1)[0]
    return EngineError(
        f"what {extra} needs is not installed: pip install -r requirements-{extra}.txt (or make "
        f"{extra})."
    )


class Engine(ABC):
    """A database that dbt builds in by a target of profiles.yml.

    target: its name. adapter, database: as dbt names them. schema: of the public tables. place:
    what it is called in sentences.
    """

    target: str
    adapter: str
    database: str | None
    schema: str
    place: str

    @abstractmethod
    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query with few of them."""

    @abstractmethod
    def run(self, statement: str) -> None:
        """Run a statement, for good."""

    @abstractmethod
    def write_parquet(self, query: str, folder: Path) -> None:
        """Write what a query gives into a new folder, as Parquet files."""

    @abstractmethod
    def schemas(self) -> list[str]:
        """The names of all schemas."""

    @abstractmethod
    def quoted(self, name: str) -> str:
        """A name in SQL, whatever is in it."""

    @abstractmethod
    def close(self) -> None:
        """Leave it."""

    @abstractmethod
    def text(self, value: str) -> str:
        """A text in SQL, whatever is in it."""

    def views(self, schema: str) -> list[str]:
        """The names of the views of a schema."""
        known = "select table_name from information_schema.views where table_schema = "
        return [name for (name,) in self.rows(known + self.text(schema))]

    def insert(self, schema: str, table: str, rows: Sequence[Row]) -> None:
        """Add a few rows, by the names of their columns, to a table."""
        listed = ", ".join(self.quoted(name) for name in rows[0])
        values = ", ".join(
            f"({', '.join(self.value(value) for value in row.values())})" for row in rows
        )
        name = f"{self.quoted(schema)}.{self.quoted(table)}"
        self.run(f"insert into {name} ({listed}) values {values}")

    def value(self, value: str | float | datetime | None) -> str:
        """A value in SQL."""
        if value is None:
            return "null"
        if isinstance(value, datetime):
            return f"cast({self.text(str(value))} as timestamp)"
        if isinstance(value, float) and not math.isfinite(value):
            return f"cast('{value}' as float)"  # the bound of an interval of one user
        return self.text(value) if isinstance(value, str) else repr(value)

    def drop_schema(self, name: str) -> None:
        """Drop a schema with all that is in it."""
        self.run(f"drop schema if exists {self.quoted(name)} cascade")


def write_rows(
    pieces: Iterable[Sequence[tuple[Any, ...]]], schema: pa.Schema, folder: Path
) -> None:
    """Write rows that come in pieces into a new folder, as one Parquet file."""
    folder.mkdir(parents=True)
    with pq.ParquetWriter(folder / "0.parquet", schema, compression="zstd") as writer:
        for piece in pieces:
            columns = zip(*piece, strict=True)
            arrays = [pa.array(one, kind) for one, kind in zip(columns, schema.types, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
