"""The trained stages beside Spark: the lists are those of DuckDB, and what evaluations find."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engines import (
    Spark,
    Table,
    assert_same_tables,
    duckdb_tables,
    parquet_table,
    spark_server,
)
from generate_data import main as generate_data
from test_engines import (
    SHOWN,
    assert_same_metrics,
    metrics_of,
    needed_spark,
    needs_spark,
    schemas_of,
)
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
EVALUATE = ("--vars", json.dumps(STAGES))
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


def tables_of(warehouse: Warehouse) -> dict[str, pa.Table]:
    """The tables of its log."""
    return {path.stem: as_spark_takes_it(pq.read_table(path)) for path in warehouse.raw.iterdir()}


def lists_of(table: Table, columns: list[str], rank: str) -> dict[tuple[str, ...], list[str]]:
    """The pings of each list in their order, by what the columns say."""
    rows = pd.DataFrame(table.rows, columns=table.columns).sort_values([*columns, rank])
    return {key: list(part["ping_id"]) for key, part in rows.groupby(columns)}


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
    spark.load_typed("raw_log", tables_of(warehouse))
    plain, ranked = (build(spark, program) for program in (["-m", "dbt.cli.main"], [RANK]))
    assert plain.returncode != 0
    assert "build with scripts/rank.py in the place of dbt (make ranking" in " ".join(
        plain.stdout.split()
    )
    assert ranked.returncode == 0, ranked.stdout[-6000:]
    return spark


def test_stages_trained_beside_spark_make_the_same_lists(
    warehouse: Warehouse, spark: Spark
) -> None:
    wanted = duckdb_tables(warehouse.database)
    views = spark.folder / "views"
    spark.run({"views": str(views)})
    found = spark.tables(wanted, views)
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


def evaluated_in(
    spark: Spark, output: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> pd.DataFrame:
    before = schemas_of(spark)
    for name, value in (spark.environment | IN_SPARK).items():
        monkeypatch.setenv(name, value)
    target = spark.environment["DBT_TARGET"]
    found = metrics_of(target, output, *EVALUATE, *arguments, cutoff=CUTOFF)
    assert schemas_of(spark) == before
    return found


@pytest.fixture(scope="module")
def shown_metrics(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What an evaluation of what was shown finds on DuckDB."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PINGTOP_RAW_LOCATION", str(warehouse.raw))
        folder = tmp_path_factory.mktemp("shown_metrics")
        found = metrics_of("duckdb", folder, *EVALUATE, *SHOWN, cutoff=CUTOFF)
    assert set(found.index.get_level_values("strategy")) >= {"gbdt", "neural", "response"}
    return found


def test_stages_trained_beside_spark_are_evaluated_alike(
    warehouse: Warehouse, spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    with monkeypatch.context() as on_duckdb:
        on_duckdb.setenv("PINGTOP_RAW_LOCATION", str(warehouse.raw))
        wanted = metrics_of("duckdb", here, *EVALUATE, "--no-record", cutoff=CUTOFF)
    assert_same_metrics(wanted, evaluated_in(spark, tmp_path / "there", monkeypatch))
    # what they have won is recorded in Spark
    stored = spark.folder / "warehouse" / "intermediate.db" / "int_recorded_promotions"
    promotions = parquet_table(stored, None)
    places = [promotions.columns.index(name) for name in ("strategy", "rival", "n")]
    recorded = {tuple(row[place] for place in places) for row in promotions.rows}
    duels = promotion_rows(here, 10)
    assert recorded == {(row["strategy"], row["rival"], row["n"]) for row in duels}
    assert {strategy for strategy, *_ in recorded} == {"gbdt", "neural"}


def test_stages_trained_beside_spark_order_what_was_shown_alike(
    spark: Spark, shown_metrics: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_same_metrics(shown_metrics, evaluated_in(spark, tmp_path, monkeypatch, *SHOWN))


def test_stages_trained_beside_a_server_order_what_was_shown_alike(
    warehouse: Warehouse,
    shown_metrics: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs_spark()
    with spark_server(tmp_path) as server:
        server.load_typed("raw_log", tables_of(warehouse))
        found = evaluated_in(server, tmp_path / "found", monkeypatch, *SHOWN)
    assert_same_metrics(shown_metrics, found)


RANK = str(PROJECT / "scripts" / "rank.py")


def build(spark: Spark, program: list[str]) -> subprocess.CompletedProcess[str]:
    places = {
        name: str(spark.folder / name.lower()) for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH")
    }
    return subprocess.run(
        [sys.executable, *program, "--no-use-colors", *BUILD],
        cwd=PROJECT,
        env=os.environ | spark.environment | places | IN_SPARK,
        capture_output=True,
        text=True,
        check=False,
    )
