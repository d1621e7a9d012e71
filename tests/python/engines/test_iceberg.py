"""The demo as Iceberg tables, built by Spark with the jar that `make iceberg` installs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dbt_runs import run_all
from engines import Spark, Table, assert_same_tables, duckdb_tables, no_spark, parquet_table
from warehouse import PROJECT, Warehouse

from ranking.elsewhere import SparkTables

JARS = os.environ.get("PINGTOP_ICEBERG_JARS", "")

SETTINGS = {
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "spark.sql.catalog.spark_catalog": "org.apache.iceberg.spark.SparkSessionCatalog",
    "spark.sql.catalog.spark_catalog.type": "hive",
    # the embedded catalogue has no tables for locks, and one process only
    "spark.hadoop.iceberg.engine.hive.lock-enabled": "false",
}

pytestmark = pytest.mark.skipif(
    not JARS or bool(no_spark()), reason="takes minutes and a jar: make test-iceberg runs it"
)


def iceberg_spark(folder: Path) -> Spark:
    """Spark that makes Iceberg tables, by its own file of settings: the profile is as it is."""
    spark = Spark(folder)
    [jar] = Path(JARS).rglob("iceberg-spark-runtime-3.5_2.12-*.jar")
    lines = [f"{name} {value}" for name, value in {"spark.jars": str(jar), **SETTINGS}.items()]
    (folder / "conf").mkdir(parents=True)
    (folder / "conf" / "spark-defaults.conf").write_text("\n".join(lines))
    spark.environment["SPARK_CONF_DIR"] = str(folder / "conf")
    spark.environment["PINGTOP_SPARK_FILE_FORMAT"] = "iceberg"
    return spark


def iceberg_tables(spark: Spark, wanted: dict[str, Table]) -> dict[str, Table]:
    """Every public table that is wanted; files of an Iceberg table may be of an older state."""
    copies = spark.folder / "copies"
    spark.run(
        {
            "statements": [
                f"insert overwrite directory '{copies}/{name}' using parquet"
                f" select * from main.{name}"
                for name in wanted
            ]
        }
    )
    return {name: parquet_table(copies / name, table.columns) for name, table in wanted.items()}


def test_spark_builds_iceberg_tables(demo: Warehouse, tmp_path: Path) -> None:
    """Twice, since the second build finds the tables of the first."""
    wanted = duckdb_tables(demo.database)
    spark = iceberg_spark(tmp_path / "spark")
    again = ["run", "--select", "int_interactions", "recommendations", "recommender_health"]
    runs = [{"arguments": one, "environment": {}} for one in (["build"], again)]
    for outcome in run_all(runs, tmp_path / "dbt", PROJECT, spark.environment):
        assert outcome["exit_code"] == 0, outcome["output"][-6000:]
    assert_same_tables(wanted, iceberg_tables(spark, wanted))
    stored = spark.folder / "warehouse"
    newest = max((stored / "intermediate.db" / "int_interactions" / "metadata").glob("*.json"))
    [spec] = json.loads(newest.read_text())["partition-specs"]
    assert [field["name"] for field in spec["fields"]] == ["event_date"]


def test_the_table_of_a_python_model_is_replaced(tmp_path: Path) -> None:
    """By scripts/rank.py, each time; dbt leaves an Iceberg table where it is until then."""
    spark = iceberg_spark(tmp_path / "spark")
    statements = ["create schema main"]
    tables = SparkTables(statements.append, lambda _: [], "iceberg")
    for number in (1, 2):
        folder = tmp_path / f"run {number}"
        folder.mkdir()
        pq.write_table(pa.table({"number": [number]}), folder / "rows.parquet")
        tables.load(folder, "main.made")
    spark.run({"statements": statements})
    wanted = {"made": Table(["number"], [(2,)])}
    assert_same_tables(wanted, iceberg_tables(spark, wanted))
