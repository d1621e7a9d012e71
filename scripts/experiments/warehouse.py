"""What the commands on experiments read of a warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import InputError, Row, named_rows, open_database
from experiments.metrics import METRICS

if TYPE_CHECKING:
    import duckdb

DISABLED = (
    "has no results of experiments: build it with experiments (make experiments, or the variable "
    "experiments_enabled)"
)


@contextmanager
def open_warehouse(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads the warehouse; one sentence where there is none."""
    if not database.is_file():
        raise InputError(f"there is no warehouse {database}: make build, or name it (--database).")
    connection = open_database(database, read_only=True)
    try:
        yield connection
    finally:
        connection.close()


@dataclass(frozen=True)
class WarehouseTables:
    """The public tables of a warehouse, read as those of a release are."""

    database: Path

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """The rows of a query, as dictionaries."""
        with open_warehouse(self.database) as connection:
            return named_rows(connection.execute(sql, list(parameters)))

    @property
    def manifest(self) -> dict[str, Any]:
        """What the manifest of a release says: the tables there are."""
        found = self.rows(
            "select table_name from information_schema.tables where table_schema = 'main'"
        )
        return {"tables": {row["table_name"]: {} for row in found}}


def check_metric(metric: str) -> str:
    """The name of a metric, if it is one."""
    if metric not in METRICS:
        raise InputError(f"there is no metric {metric}: name one of {', '.join(METRICS)}.")
    return metric
