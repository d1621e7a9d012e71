"""PostgreSQL: rows come by a cursor of the server's, so that it sends them piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow as pa
from psycopg2 import errors

from common import first_line, identifier, literal
from other_engines.engine import (
    AT_A_TIME,
    MICROSECONDS,
    Engine,
    EngineError,
    NoTableError,
    write_rows,
)
from other_engines.profile import open_connection

# by the numbers that PostgreSQL has for its types; all others are asked for as text
TYPES = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    25: pa.string(),
    700: pa.float32(),
    701: pa.float64(),
    1043: pa.string(),
    1082: pa.date32(),
    1114: MICROSECONDS,
}


class Postgres(Engine):
    """A database of a PostgreSQL server."""

    def __init__(self, target: str) -> None:
        opened = open_connection(target)
        found = opened.credentials
        self.target, self.adapter = target, found.type
        self.database, self.schema = found.database, found.schema
        self.place = f"the database {found.database} of {found.host} (PostgreSQL)"
        self.connection = opened.handle
        self.connection.autocommit = False

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Every use is a transaction of its own: builds do not wait for what is only read."""
        try:
            with self.connection:
                yield
        except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
            raise NoTableError(f"{self.place}: {first_line(error)}.") from error
        except psycopg2.Error as error:
            raise EngineError(f"{self.place}: {first_line(error)}.") from error

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._told(), self.connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def run(self, statement: str) -> None:
        with self._told(), self.connection.cursor() as cursor:
            cursor.execute(statement)

    def write_parquet(self, query: str, folder: Path) -> None:
        with self._told(), self.connection.cursor() as cursor:
            cursor.execute(f"select * from ({query}) as asked limit 0")
            columns = [(column.name, column.type_code) for column in cursor.description]
        listed = ", ".join(
            identifier(name) if kind in TYPES else f"cast({identifier(name)} as text)"
            for name, kind in columns
        )
        schema = pa.schema([(name, TYPES.get(kind, pa.string())) for name, kind in columns])
        with self._told(), self.connection.cursor("pingtop") as cursor:
            cursor.execute(f"select {listed} from ({query}) as asked")
            write_rows(pieces_of(cursor), schema, folder)

    def schemas(self) -> list[str]:
        return [name for (name,) in self.rows("select nspname from pg_namespace")]

    def views(self, schema: str) -> list[str]:
        """Also those that this user may not read, as the standard's view has them not."""
        query = f"select viewname from pg_views where schemaname = {literal(schema)}"
        return [name for (name,) in self.rows(query)]

    def quoted(self, name: str) -> str:
        return identifier(name)

    def text(self, value: str) -> str:
        return literal(value)

    def close(self) -> None:
        self.connection.close()


def pieces_of(cursor: Any) -> Iterator[Sequence[tuple[Any, ...]]]:  # noqa: ANN401, of any driver
    """The rows of a cursor, so many at a time."""
    while piece := cursor.fetchmany(AT_A_TIME):
        yield piece
