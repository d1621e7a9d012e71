"""What an evaluation asks of another engine than DuckDB, without one. (With them: engines.)"""

from __future__ import annotations

import math
import sys
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from common import identifier, literal
from evaluation.rewind import (
    RESPONSE_MODEL,
    TAKEN,
    TRAINED_MODEL,
    Rewind,
    collaborative,
    exports_from,
)
from evaluation.rewound import EngineBuilder, RewoundSchemas, run_dbt
from other_engines import ENGINES, Engine, NoTableError

PREFIX = "rewound_"
STRATEGIES = {"int_shown_scores": ("user_id", "ping_id", "heuristic")}  # all columns are taken
TYPES = {"engagement_score": "double", "global_engagement": "double"}  # where it matters


class Fake(Engine):
    """An engine that is a DuckDB database in memory, with what is taken, all of it empty."""

    schema = "public"

    def __init__(self, task: str, is_trained: bool) -> None:
        self.connection = duckdb.connect()
        self.asked: dict[str, str] = {}
        for full_name, columns in TAKEN[task].items():
            schema, name = full_name.split(".")
            if name in (TRAINED_MODEL, RESPONSE_MODEL) and not is_trained:
                continue
            place = PREFIX + (self.schema if schema == "main" else schema)
            listed = ", ".join(
                f"{column} {TYPES.get(column, 'varchar')}" for column in columns or STRATEGIES[name]
            )
            self.connection.execute(f"create schema if not exists {place}")
            self.connection.execute(f"create table {place}.{name} ({listed}, not_taken varchar)")

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return self.connection.execute(query).fetchall()

    def write_parquet(self, query: str, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.asked[folder.name] = query
        try:
            self.connection.execute(f"copy ({query}) to {literal(folder / '0.parquet')}")
        except duckdb.CatalogException as error:
            raise NoTableError("there is none") from error

    def schemas(self) -> list[str]:
        return []

    def views(self, schema: str) -> list[str]:
        del schema
        return []

    def quoted(self, name: str) -> str:
        return identifier(name)

    def text(self, value: str) -> str:
        return literal(value)

    def run(self, statement: str) -> None:
        self.connection.execute(statement)

    def close(self) -> None:
        self.connection.close()


@pytest.mark.parametrize(
    ("task", "is_trained"), [("lists", False), ("impressions", False), ("impressions", True)]
)
def test_what_is_read_is_what_is_brought(task: str, is_trained: bool, tmp_path: Path) -> None:
    """No more columns than that come over, and none that is read is missing."""
    engine, plan = Fake(task, is_trained), Rewind((), 1, 10, {}, task=task)
    with duckdb.connect() as connection:
        tables = RewoundSchemas(engine, PREFIX, connection, tmp_path).tables(TAKEN[task])
        exports = exports_from(tables, plan)
        for query in exports.values():
            assert tables.execute(query).fetchall() == []
        assert ("gbdt" in str(exports)) == is_trained
        assert collaborative(tables, plan).num_rows == 0
        found = "select distinct table_name from duckdb_columns() where column_name = 'not_taken'"
        assert tables.execute(found).fetchall() == [("int_shown_scores",)] * (task != "lists")
    engine.close()


def test_python_models_run_beside_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = {}

    def note(_folder: Path, command: list[str], *_: object) -> tuple[int, str]:
        commands[command[command.index("--target") + 1]] = command
        return 0, ""

    monkeypatch.setattr("evaluation.rewound.run_in", note)
    for target in ("duckdb", *ENGINES):
        run_dbt(target, tmp_path, ["users"], {}, tmp_path / "none.duckdb")
    for target, command in commands.items():
        program = [Path(part).name for part in command[: command.index("--no-use-colors")]]
        ranked = [Path(sys.executable).name, "rank.py"]
        assert program == (ranked if target in ("spark", "spark_local") else ["dbt"]), target
    assert len(commands) == 4


def test_what_was_found_is_not_lost_where_nothing_can_be_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def gone(_target: str) -> None:
        raise ConnectionResetError

    monkeypatch.setattr("evaluation.rewound.open_engine", gone)
    builder = EngineBuilder("spark_local", tmp_path)
    builder.is_begun = True
    builder.drop()


def test_what_is_recorded_elsewhere_may_be_without_bounds() -> None:
    engine = Fake("lists", is_trained=False)
    values = [0.25, -math.inf, math.inf, math.nan, None, "O'Hara", 3]
    listed = ", ".join(map(engine.value, values))
    [found] = engine.rows(f"select {listed}")
    assert [*map(str, found)] == [*map(str, values)]
    engine.close()
