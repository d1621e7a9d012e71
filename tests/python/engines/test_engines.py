"""The same models give the same tables on other engines: the demo, and a random log with dirt."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from dbt_runs import run_all
from engine_log import engine_log
from engines import (
    Postgres,
    Spark,
    Table,
    assert_same_tables,
    differences,
    duckdb_tables,
    no_postgres,
    no_spark,
    postgres_server,
)
from mapped_tables import MAPPING, SCHEMA, mapped_tables, write_as_agreed
from warehouse import MODELS_ONLY, PROJECT, Warehouse

# inside the log, so that there is something to hold out
VARIABLES = {"as_of": "2024-02-26 09:30:00", "holdout_days": 4, "weight_declared": 0.3}
VARIABLES["experiments_enabled"] = True
# what tea-tasting computes, in Python
ON_DUCKDB_ONLY = {"experiment_splits", "experiment_results", "experiment_results_daily"}
VARIABLES["max_rejected_share"] = 1  # the dirty log is


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
    tables = duckdb_tables(warehouse.database)
    assert tables.keys() >= ON_DUCKDB_ONLY
    return {name: table for name, table in tables.items() if name not in ON_DUCKDB_ONLY}


def without_files(tables: dict[str, Table]) -> dict[str, Table]:
    """A log is read from files here and from tables elsewhere: their paths and sizes say so."""
    files = tables["intake_files"]
    kept = [place for place, name in enumerate(files.columns) if name not in ("path", "bytes")]
    rows = [tuple(row[place] for place in kept) for row in files.rows]
    return tables | {"intake_files": Table([files.columns[place] for place in kept], rows)}


def dbt(folder: Path, arguments: list[str], environment: dict[str, str]) -> None:
    run = {"arguments": arguments, "environment": {}}
    if "--vars" in arguments:
        run["parse"] = arguments[arguments.index("--vars") :][:2]
    [outcome] = run_all([run], folder, PROJECT, environment)
    assert outcome["exit_code"] == 0, outcome["output"][-6000:]


def test_the_log_is_hard(log: dict[str, pd.DataFrame], log_tables: dict[str, Table]) -> None:
    assert sum(len(log[name]) for name in ("interactions", "exposures")) > 50_000
    sizes = {name: len(table.rows) for name, table in log_tables.items()}
    empty = {name for name, size in sizes.items() if size == 0}
    assert empty == {"evaluation_metrics"}
    assert sizes["rejected_rows"] > 2_000
    assert sizes["experiment_moments"] > 1_000
    assert sizes["holdout_interactions"] > 2_000


@pytest.mark.parametrize(
    ("value", "is_told"),
    [(1.5 + 1e-10, False), (1.5 + 1e-8, True), (None, True), ("1.5", True)],
)
def test_the_comparison_sees_what_differs(value: object, is_told: bool) -> None:
    wanted = Table(["name", "number"], [("a", 1.5), ("b", None)])
    found = Table(["name", "number"], [("b", None), ("a", value)])
    assert bool(differences(wanted, found)) == is_told


# --- tables of another shape, by a mapping --------------------------------------------------------

# the intake alone: what comes after it does not know how the log came
BUILD_INTAKE = ["build", *MODELS_ONLY, "--select"]
BUILD_INTAKE += [f"+{name}" for name in ("users", "pings", "interactions", "declared_affinities")]
BUILD_INTAKE += ["+rejected_rows", "+intake_warnings"]
BUILD_MAPPED = [*BUILD_INTAKE, "--vars", json.dumps({"raw_mapping": MAPPING})]
MISNAMED = [argument.replace("video.watched.ms", "video.watched.sec") for argument in BUILD_MAPPED]
# what tells of the tables themselves, not of what is in them
OF_THE_SHAPE = {"intake_warnings", "rejected_rows"}
REJECTED = {
    ("interactions", "ignored by the mapping"): 1,
    ("interactions", "unparseable or missing event timestamp"): 1,
}


@pytest.fixture(scope="module")
def agreed_tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Table]:
    """The public tables of the small log that comes as agreed."""
    warehouse = Warehouse(tmp_path_factory.mktemp("agreed"))
    write_as_agreed(warehouse.raw)
    done = warehouse.dbt(*BUILD_INTAKE)
    assert done.returncode == 0, done.stdout[-6000:]
    return duckdb_tables(warehouse.database)


def assert_mapped_alike(agreed: dict[str, Table], mapped: dict[str, Table]) -> None:
    """What is built of the tables in another shape is what is built of the agreed log."""
    assert_same_tables(
        *(
            {name: tables[name] for name in set(tables) - OF_THE_SHAPE}
            for tables in (agreed, mapped)
        )
    )
    rejected = mapped["rejected_rows"]
    reasons = [(row[0], row[1]) for row in rejected.rows]
    assert rejected.columns[:2] == ["source_table", "reject_reason"]
    assert {reason: reasons.count(reason) for reason in reasons} == REJECTED
    warned = mapped["intake_warnings"]
    kinds = {row[warned.columns.index("kind")] for row in warned.rows}
    assert kinds == {"unknown pings", "restriction without a match", "rejected rows"}


def test_duckdb_maps_tables(agreed_tables: dict[str, Table], tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute(f"create schema {SCHEMA}")
        for name, table in mapped_tables().items():
            connection.register("given", table)
            json = "replace (to_json(video) as video)" if name == "plays" else ""
            connection.execute(f"create table {SCHEMA}.{name} as select * {json} from given")
    done = warehouse.dbt(*BUILD_MAPPED, demo=True)
    assert done.returncode == 0, done.stdout[-6000:]
    assert_mapped_alike(agreed_tables, duckdb_tables(warehouse.database))


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
    log_tables: dict[str, Table],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, dict[str, Table]]:
    """The public tables of the demo, built with every test, and of the log, with the data tests."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    found = {}
    dbt(folder, ["build"], postgres.environment)
    found["demo"] = postgres.tables(demo_tables)
    build = ["build", *MODELS_ONLY[2:], "--vars", json.dumps(VARIABLES)]
    dbt(folder, build, postgres.environment | {"PINGTOP_RAW_SCHEMA": "raw_log"})
    found["log"] = postgres.tables(log_tables)
    return found


def test_postgres_maps_tables(
    postgres: Postgres, agreed_tables: dict[str, Table], tmp_path: Path
) -> None:
    postgres.load_typed(SCHEMA, mapped_tables())
    environment = postgres.environment | {"PINGTOP_POSTGRES_SCHEMA": "mapped"}
    dbt(tmp_path, BUILD_MAPPED, environment)
    assert_mapped_alike(agreed_tables, postgres.tables(agreed_tables, "mapped"))


def test_postgres_builds_the_demo_alike(
    postgres_tables: dict[str, dict[str, Table]], demo_tables: dict[str, Table]
) -> None:
    assert_same_tables(demo_tables, postgres_tables["demo"])


def test_postgres_builds_a_dirty_log_alike(
    postgres_tables: dict[str, dict[str, Table]], log_tables: dict[str, Table]
) -> None:
    assert_same_tables(without_files(log_tables), without_files(postgres_tables["log"]))


def test_ranking_elsewhere_is_refused(postgres: Postgres, tmp_path: Path) -> None:
    arguments = ["run", "--select", "stg_event_weights", "--vars", '{"ranking_enabled": true}']
    run = {"arguments": arguments, "environment": {}}
    [outcome] = run_all([run], tmp_path, PROJECT, postgres.environment)
    assert outcome["exit_code"] != 0
    told = " ".join(outcome["output"].split())
    assert "Python models, which run on DuckDB only: on postgres, leave ranking_enabled" in told
    assert "Traceback" not in told


# --- Spark ---------------------------------------------------------------------------------------

# models of at most as many rows as there are event types, pings, creators or entries of blocklists
ON_ONE_PARTITION = {
    "stg_event_weights",
    *("int_pings", "int_ping_scores", "int_orderings", "int_random_circle", "int_restricted_pings"),
    *("ping_global_scores", "trending_pings", "exposure_curve", "recommendation_coverage"),
    "int_shown_scores",  # the catalogue
}
# the regions that restrictions leave out × the restricted pings is what this table is
CROSS_JOINED = {"int_restricted_pings"}


def needed_spark() -> str:
    """`log` or `all`: which comparisons on Spark must run, by PINGTOP_NEEDS_SPARK; empty: none."""
    return os.environ.get("PINGTOP_NEEDS_SPARK", "")


def spark_in(folder: Path) -> Spark:
    reason = no_spark()
    if reason and needed_spark():
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    return Spark(folder)


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Spark:
    return spark_in(tmp_path_factory.mktemp("spark"))


@pytest.fixture(scope="module")
def spark_log_tables(
    spark: Spark, log: dict[str, pd.DataFrame], log_tables: dict[str, Table]
) -> dict[str, Table]:
    """The public tables of the log; the plans of its models are in plans.json."""
    spark.load("raw_log", log)
    build = ["build", *MODELS_ONLY, "--vars", json.dumps(VARIABLES)]
    dbt(spark.folder / "log", build, spark.environment | {"PINGTOP_RAW_SCHEMA": "raw_log"})
    views = spark.folder / "views"
    spark.run(
        {
            "views": str(views),
            "compiled": str(spark.folder / "log" / "target" / "compiled" / "pingtop" / "models"),
            "plans": str(spark.folder / "plans.json"),
            "scans": str(spark.folder / "scans.json"),
        }
    )
    return spark.tables(log_tables, views)


def test_spark_builds_a_dirty_log_alike(
    spark_log_tables: dict[str, Table], log_tables: dict[str, Table]
) -> None:
    assert_same_tables(without_files(log_tables), without_files(spark_log_tables))


def test_spark_maps_tables(agreed_tables: dict[str, Table], tmp_path: Path) -> None:
    spark = spark_in(tmp_path)
    spark.load_typed(SCHEMA, mapped_tables())
    runs = [{"arguments": MISNAMED}, {"arguments": BUILD_MAPPED}]
    misnamed, built = run_all(runs, tmp_path / "dbt", PROJECT, spark.environment)
    assert misnamed["exit_code"] == 2
    assert "app.plays has no column 'video.watched.sec', which the mapping has" in " ".join(
        misnamed["output"].split()
    )
    assert built["exit_code"] == 0, built["output"][-6000:]
    views = tmp_path / "views"
    spark.run({"views": str(views)})
    assert_mapped_alike(agreed_tables, spark.tables(agreed_tables, views))


def test_spark_joins_nothing_crosswise(spark: Spark, spark_log_tables: dict[str, Table]) -> None:
    """Only one row, or rows written out in a query, are joined with all rows of a table; nothing
    of any size is sent everywhere or to the driver; no window over all users is on one partition.
    """
    plans = json.loads((spark.folder / "plans.json").read_text())
    assert len(plans) > 80
    allowed = {
        name: {"window on one partition"} if name in ON_ONE_PARTITION else set() for name in plans
    }
    for name in CROSS_JOINED:
        allowed[name].add("cross join")
    assert {name: found for name, found in plans.items() if set(found) - allowed[name]} == {}
    assert any("window on one partition" in found for found in plans.values())


def test_spark_reads_the_log_once(spark: Spark, spark_log_tables: dict[str, Table]) -> None:
    """One table is made of the raw rows of a log, by one scan; all else is made of that."""
    scans = json.loads((spark.folder / "scans.json").read_text())
    for log in ("interactions", "exposures"):
        read = {
            name: tables[f"raw_log.{log}"]
            for name, tables in scans.items()
            if f"raw_log.{log}" in tables
        }
        # the first is a view, which is read by the second
        assert read == {f"base_{log}": 1, f"stg_{log}": 1}


def test_spark_keeps_events_by_date(spark: Spark, spark_log_tables: dict[str, Table]) -> None:
    stored = spark.folder / "warehouse" / "intermediate.db"
    tables = ("int_interactions", "int_exposures", "int_exposure_events")
    tables += ("int_searched_impressions",)
    for name in tables:
        assert len(list((stored / name).glob("event_date=2024-*"))) > 15, name


@pytest.mark.skipif(needed_spark() != "all", reason="make test-spark builds the demo too")
def test_spark_builds_the_demo_alike(
    demo_tables: dict[str, Table], tmp_path_factory: pytest.TempPathFactory
) -> None:
    spark = spark_in(tmp_path_factory.mktemp("spark_demo"))
    dbt(spark.folder / "dbt", ["build"], spark.environment)
    views = spark.folder / "views"
    spark.run({"views": str(views)})
    assert_same_tables(demo_tables, spark.tables(demo_tables, views))
