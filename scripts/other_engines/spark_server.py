"""Spark by its Thrift server: rows come piece by piece, from the server and into the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyhive.exc import Error
from thrift.Thrift import TException

from other_engines.engine import AT_A_TIME, MICROSECONDS, write_rows
from other_engines.profile import open_connection
from other_engines.spark import Spark

# by the names that PyHive has for types; all others are asked for as text
TYPES = {
    "BOOLEAN_TYPE": pa.bool_(),
    "TINYINT_TYPE": pa.int8(),
    "SMALLINT_TYPE": pa.int16(),
    "INT_TYPE": pa.int32(),
    "BIGINT_TYPE": pa.int64(),
    "FLOAT_TYPE": pa.float32(),
    "DOUBLE_TYPE": pa.float64(),
    "STRING_TYPE": pa.string(),
    "DATE_TYPE": pa.date32(),
    "TIMESTAMP_TYPE": MICROSECONDS,
}
DATE = "DATE_TYPE"
# else the server holds all of a result in memory before it sends the first row
BY_PIECES = "set spark.sql.thriftServer.incrementalCollect=true"


class SparkServer(Spark):
    """A session of a Thrift server."""

    def __init__(self, target: str) -> None:
        opened = open_connection(target)
        found = opened.credentials
        self.target, self.adapter = target, found.type
        self.database, self.schema = None, found.schema
        self.place = f"Spark at {found.host}:{found.port}"
        self.connection = opened.handle.handle  # PyHive's own, below that of dbt
        self.run(BY_PIECES)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Around what the server does, and nothing else: a full disk here is not its error."""
        try:
            yield
        except (Error, TException, OSError) as error:
            raise self.error(error) from error

    def _asked(self, query: str) -> Any:  # noqa: ANN401, a cursor of PyHive's
        """A cursor that has run it."""
        with self._told():
            cursor = self.connection.cursor(arraysize=AT_A_TIME)
            cursor.execute(query)
            return cursor

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        cursor = self._asked(query)
        with self._told():
            found = list(cursor.fetchall())
            cursor.close()
        return found

    def run(self, statement: str) -> None:
        cursor = self._asked(statement)
        with self._told():
            cursor.close()

    def write_parquet(self, query: str, folder: Path) -> None:
        cursor = self._asked(f"select * from ({query}) as asked limit 0")
        with self._told():
            columns = [(name, kind) for name, kind, *_ in cursor.description]
            cursor.close()
        listed = ", ".join(
            self.quoted(name) if kind in TYPES else f"cast({self.quoted(name)} as string)"
            for name, kind in columns
        )
        schema = pa.schema([(name, TYPES.get(kind, pa.string())) for name, kind in columns])
        days = [kind == DATE for _, kind in columns]
        cursor = self._asked(f"select {listed} from ({query}) as asked")
        pieces = (with_days(piece, days) for piece in self._pieces(cursor))
        write_rows(pieces, schema, folder)
        with self._told():
            cursor.close()

    def _pieces(self, cursor: Any) -> Iterator[list[tuple[Any, ...]]]:  # noqa: ANN401
        """The rows of a cursor, so many at a time."""
        while True:
            with self._told():
                piece = cursor.fetchmany(AT_A_TIME)
            if not piece:
                return
            yield piece

    def close(self) -> None:
        self.connection.close()


def with_days(rows: list[tuple[Any, ...]], days: Sequence[bool]) -> list[tuple[Any, ...]]:
    """Rows with dates in the columns that are dates, of which PyHive gives texts."""
    if not any(days):
        return rows
    return [
        tuple(
            date.fromisoformat(value) if is_day and isinstance(value, str) else value
            for value, is_day in zip(row, days, strict=True)
        )
        for row in rows
    ]
