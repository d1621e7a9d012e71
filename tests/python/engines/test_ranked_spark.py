"""The trained stages beside Spark: the lists are those of DuckDB, and what evaluations find."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engines import (
    Spark,
    SparkServer,
    Table,
    assert_same_tables,
    duckdb_tables,
    parquet_table,
    spark_server,
)
from generate_data import main as generate_data
from test_engines import (
    SCHEMAS,
    SHOWN,
    assert_same_metrics,
    metrics_of,
    needed_spark,
    needs_spark,
    schemas_of,
)
from test_workers import settings
from warehouse import MODELS_ONLY, PROJECT, Warehouse

from ranking.promotion import promotion_rows

STAGES = {
    "ranking_enabled": True,
    "two_tower_enabled": True,
    "serving_strategy": "neural",
    "ranking_cutoffs": 5,
    "ranking_user_features": ["country", "age"],
    "ranking_ping_features": ["category"],
}
VARIABLES = STAGES | {"as_of": "2025-01-08 12:00:00", "holdout_days": 1}
CUTOFF = ("--as-of", "2025-01-08 12:00:00", "--horizon-days", "1")
BUILD = ["build", *MODELS_ONLY, "--vars", json.dumps(VARIABLES)]
IN_SPARK = {"PINGTOP_RAW_SCHEMA": "raw_log"}
pytestmark = pytest.mark.skipif(
    needed_spark() != "all", reason="make test-spark trains stages; many minutes"
)
# Sums of doubles differ in their last bits, by which a tree may split elsewhere: what is learned
# from the whole log is compared as lists.
LEARNED = ("gbdt", "neural")
LEAST_SAME = 0.98  # share of users with the same list, in its order


def as_spark_takes_it(table: pa.Table) -> pa.Table:
    """Moments in microseconds, and a number for the order of the rows, of which Spark has none."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            moments = table[field.name].cast(pa.timestamp("us", tz="UTC"))
            table = table.set_column(place, field.name, moments)
    return table.append_column("raw_row_number", pa.array(range(table.num_rows)))


def lists_of(table: Table, columns: list[str], rank: str) -> dict[tuple[str, ...], list[str]]:
    """The pings of each list in their order, by what the columns say."""
    rows = pd.DataFrame(table.rows, columns=table.columns).sort_values([*columns, rank])
    return {key: list(part["ping_id"]) for key, part in rows.groupby(columns)}


def load(spark: Spark, warehouse: Warehouse) -> None:
    raw = {path.stem: as_spark_takes_it(pq.read_table(path)) for path in warehouse.raw.iterdir()}
    spark.load_typed("raw_log", raw)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The log, and what DuckDB makes of it."""
    warehouse = Warehouse(tmp_path_factory.mktemp("ranked"))
    size = "--users 250 --pings 120 --events 12000 --days 9 --categories 6 --overwrite --quiet"
    assert generate_data([*size.split(), "--output", str(warehouse.raw)]) == 0
    warehouse.build(VARIABLES)
    return warehouse


@pytest.fixture(scope="module")
def spark(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Spark:
    """Spark that has the log, and all that is built of it."""
    needs_spark()
    spark = Spark(tmp_path_factory.mktemp("ranked_spark"))
    load(spark, warehouse)
    plain, ranked = (build(spark, program) for program in (["-m", "dbt.cli.main"], [RANK]))
    assert plain.returncode != 0
    assert "build with scripts/rank.py in the place of dbt (make ranking" in " ".join(
        plain.stdout.split()
    )
    assert ranked.returncode == 0, ranked.stdout[-6000:]
    return spark


def assert_same_stages(wanted: dict[str, Table], found: dict[str, Table]) -> None:
    assert set(found) == set(wanted)
    statuses = {row[0]: row[1] for row in found["ranking_status"].rows}
    assert {statuses[stage] for stage in ("gbdt", "neural", "response", "two_tower")} == {"trained"}
    exact = {"ranking_labels", "ranking_candidates", "ranking_status", "ranking_source_recall"}
    assert_same_tables(*({name: each[name] for name in exact} for each in (wanted, found)))
    stages = ["stage", "user_id"]
    for name, columns, rank in (
        ("ranking_stages", stages, "rank"),
        ("recommendations", ["strategy", "user_id"], "rank"),
    ):
        one, other = (lists_of(each[name], columns, rank) for each in (wanted, found))
        assert one.keys() == other.keys(), name
        same = {key: one[key] == other[key] for key in one}
        for strategy in LEARNED:
            learned = [is_same for key, is_same in same.items() if key[0] == strategy]
            assert name == "recommendations" or len(learned) > 200
            assert not learned or sum(learned) >= LEAST_SAME * len(learned), (name, strategy)
        assert all(is_same for key, is_same in same.items() if key[0] not in LEARNED), name


def test_stages_trained_beside_spark_make_the_same_lists(
    warehouse: Warehouse, spark: Spark
) -> None:
    wanted = duckdb_tables(warehouse.database)
    views = spark.folder / "views"
    spark.run({"views": str(views)})
    assert_same_stages(wanted, spark.tables(wanted, views))


@pytest.fixture(scope="module")
def server(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkServer]:
    """A Thrift server that has the log."""
    needs_spark()
    with spark_server(tmp_path_factory.mktemp("ranked_thrift")) as server:
        load(server, warehouse)
        yield server


@pytest.mark.parametrize("scoring", ["workers", "here"])
def test_stages_trained_beside_a_server_make_the_same_lists(
    scoring: str,
    warehouse: Warehouse,
    server: SparkServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever scores: the workers of a session beside the server, or the machine of the run."""
    selected: list[str] = []
    stored_scores = stored(server, "intermediate", "int_ranking_gbdt_scores")
    if scoring == "workers":
        for name, value in settings().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PINGTOP_SPARK_MASTER", "local-cluster[2,1,1024]")
    else:
        selected = ["--select", "int_ranking_gbdt_scores+"]
    before = set(stored_scores.glob("*.parquet"))
    built = build(server, [RANK], selected)
    assert built.returncode == 0, built.stdout[-6000:]
    assert set(stored_scores.glob("*.parquet")) - before
    wanted = duckdb_tables(warehouse.database)
    views = server.folder / f"views_{scoring}"
    server.run({"views": str(views)})
    assert_same_stages(wanted, server.tables(wanted, views))


@pytest.mark.parametrize("task", ["lists", "impressions"])
def test_stages_trained_beside_spark_are_evaluated_alike(
    task: str,
    warehouse: Warehouse,
    spark: Spark,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = ["--vars", json.dumps(STAGES), *(SHOWN if task == "impressions" else ())]
    here, there = tmp_path / "duckdb", tmp_path / "spark"
    with monkeypatch.context() as on_duckdb:
        on_duckdb.setenv("PINGTOP_RAW_LOCATION", str(warehouse.raw))
        wanted = metrics_of("duckdb", here, *given, "--no-record", cutoff=CUTOFF)
    for name, value in (spark.environment | IN_SPARK).items():
        monkeypatch.setenv(name, value)
    found = metrics_of("spark_local", there, *given, cutoff=CUTOFF)
    trained = {"gbdt", "neural"} if task == "lists" else {"gbdt", "neural", "response"}
    assert set(wanted.index.get_level_values("strategy")) >= trained
    assert_same_metrics(wanted, found)
    assert schemas_of(spark) == SCHEMAS | {"raw_log.db"}
    if task == "lists":
        promotions = parquet_table(stored(spark, "intermediate", "int_recorded_promotions"), None)
        places = [promotions.columns.index(name) for name in ("strategy", "rival", "n")]
        recorded = {tuple(row[place] for place in places) for row in promotions.rows}
        duels = promotion_rows(here, 10)
        assert recorded == {(row["strategy"], row["rival"], row["n"]) for row in duels}
        assert {strategy for strategy, *_ in recorded} == {"gbdt", "neural"}


def stored(spark: Spark, schema: str, table: str) -> Path:
    """The folder of a table's files."""
    return spark.folder / "warehouse" / f"{schema}.db" / table


RANK = str(PROJECT / "scripts" / "rank.py")


def build(
    spark: Spark, program: list[str], selected: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    places = {
        name: str(spark.folder / name.lower()) for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH")
    }
    return subprocess.run(
        [sys.executable, *program, "--no-use-colors", *BUILD, *selected],
        cwd=PROJECT,
        env=os.environ | spark.environment | places | IN_SPARK,
        capture_output=True,
        text=True,
        check=False,
    )
