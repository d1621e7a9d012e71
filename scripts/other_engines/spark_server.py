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
DATE = "DATE_TYPE"  # which PyHive leaves a text
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
    def _asked(self, query: str) -> Iterator[Any]:
        """A cursor that has run it."""
        try:
            cursor = self.connection.cursor(arraysize=AT_A_TIME)
            cursor.execute(query)
            yield cursor
            cursor.close()
        except (Error, TException, OSError) as error:
            raise self.error(error) from error

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._asked(query) as cursor:
            return list(cursor.fetchall())

    def run(self, statement: str) -> None:
        with self._asked(statement):
            pass

    def write_parquet(self, query: str, folder: Path) -> None:
        with self._asked(f"select * from ({query}) as asked limit 0") as cursor:
            columns = [(name, kind) for name, kind, *_ in cursor.description]
        listed = ", ".join(
            self.quoted(name) if kind in TYPES else f"cast({self.quoted(name)} as string)"
            for name, kind in columns
        )
        schema = pa.schema([(name, TYPES.get(kind, pa.string())) for name, kind in columns])
        days = [kind == DATE for _, kind in columns]
        with self._asked(f"select {listed} from ({query}) as asked") as cursor:
            write_rows(pieces_of(cursor, days), schema, folder)

    def close(self) -> None:
        self.connection.close()


def pieces_of(cursor: Any, days: Sequence[bool]) -> Iterator[list[tuple[Any, ...]]]:  # noqa: ANN401
    """The rows of a cursor, so many at a time. days: which columns are dates."""
    while piece := cursor.fetchmany(AT_A_TIME):
        if any(days):
            piece = [
                tuple(
                    date.fromisoformat(value) if is_day and isinstance(value, str) else value
                    for value, is_day in zip(row, days, strict=True)
                )
                for row in piece
            ]
        yield piece
