"""The same models give the same tables on other engines: the demo, and a random log with dirt."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from dbt_runs import run_all
from engine_log import engine_log
from engines import (
    Postgres,
    Table,
    assert_same_tables,
    differences,
    duckdb_tables,
    no_postgres,
    postgres_server,
)
from warehouse import MODELS_ONLY, PROJECT, Warehouse

# inside the log, so that there is something to hold out
VARIABLES = {"as_of": "2024-02-26 09:30:00", "holdout_days": 4}


@pytest.fixture(scope="session")
def log() -> dict[str, pd.DataFrame]:
    return engine_log(7, n_users=700, n_pings=500, n_events=50_000)


@pytest.fixture(scope="session")
def demo_tables(demo: Warehouse) -> dict[str, Table]:
    return duckdb_tables(demo.database)


@pytest.fixture(scope="session")
def log_tables(
    log: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Table]:
    """The public tables of the log as DuckDB builds them from files."""
    warehouse = Warehouse(tmp_path_factory.mktemp("engines"))
    for name, table in log.items():
        table.astype("string").to_parquet(warehouse.raw / f"{name}.parquet", index=False)
    warehouse.build(variables=VARIABLES)
    return duckdb_tables(warehouse.database)


def test_the_log_is_hard(log: dict[str, pd.DataFrame], log_tables: dict[str, Table]) -> None:
    assert sum(len(log[name]) for name in ("interactions", "exposures")) > 50_000
    sizes = {name: len(table.rows) for name, table in log_tables.items()}
    empty = {name for name, size in sizes.items() if size == 0}
    assert empty == {"evaluation_metrics"}
    assert sizes["rejected_rows"] > 2_000
    assert sizes["holdout_interactions"] > 2_000


@pytest.mark.parametrize(
    ("value", "is_told"),
    [(1.5 + 1e-10, False), (1.5 + 1e-8, True), (None, True), ("1.5", True)],
)
def test_the_comparison_sees_what_differs(value: object, is_told: bool) -> None:
    wanted = Table(["name", "number"], [("a", 1.5), ("b", None)])
    found = Table(["name", "number"], [("b", None), ("a", value)])
    assert bool(differences(wanted, found)) == is_told


# --- PostgreSQL ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def postgres(
    log: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Postgres]:
    reason = no_postgres()
    if reason and os.environ.get("PINGTOP_NEEDS_POSTGRES"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with postgres_server() as server:
        server.load("raw_log", log)
        yield server


@pytest.fixture(scope="module")
def postgres_tables(
    postgres: Postgres,
    demo_tables: dict[str, Table],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, dict[str, Table]]:
    """The public tables of the demo, built with every test, and of the log, with the data tests."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    runs = {
        "demo": {"arguments": ["build"], "environment": {}},
        "log": {
            "arguments": ["build", *MODELS_ONLY[2:], "--vars", json.dumps(VARIABLES)],
            "environment": {"PINGTOP_RAW_SCHEMA": "raw_log"},
        },
    }
    found = {}
    for name, run in runs.items():
        [outcome] = run_all([run], folder, PROJECT, postgres.environment)
        assert outcome["exit_code"] == 0, outcome["output"][-6000:]
        found[name] = postgres.tables(demo_tables)
    return found


def test_postgres_builds_the_demo_alike(
    postgres_tables: dict[str, dict[str, Table]], demo_tables: dict[str, Table]
) -> None:
    assert_same_tables(demo_tables, postgres_tables["demo"])


def test_postgres_builds_a_dirty_log_alike(
    postgres_tables: dict[str, dict[str, Table]], log_tables: dict[str, Table]
) -> None:
    assert_same_tables(log_tables, postgres_tables["log"])
