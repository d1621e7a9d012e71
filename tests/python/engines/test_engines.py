"""The same models give the same tables on other engines: the demo, and a random log with dirt."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGINT, getsignal

import duckdb
import evaluate
import pandas as pd
import publish
import pytest
import report
from dbt_runs import run_all
from engine_log import engine_log
from engines import (
    TOLERANCE,
    Postgres,
    Spark,
    SparkServer,
    Table,
    as_run,
    assert_same_tables,
    dbt,
    differences,
    duckdb_tables,
    kill_while_writing,
    no_postgres,
    no_spark,
    postgres_server,
    spark_server,
)
from mapped_tables import MAPPING, SCHEMA, mapped_tables, write_as_agreed
from warehouse import MODELS_ONLY, PROJECT, Warehouse

from evaluation.rewound import prefix_of
from operations.processes import machine
from other_engines import EngineError, NoTableError, open_engine
from other_engines.spark_session import SparkHere
from releases.release import ReleaseError, open_release

# inside the log, so that there is something to hold out
VARIABLES = {"as_of": "2024-02-26 09:30:00", "holdout_days": 4, "weight_declared": 0.3}
VARIABLES["experiments_enabled"] = True
# what tea-tasting computes, in Python
ON_DUCKDB_ONLY = {"experiment_splits", "experiment_results", "experiment_results_daily"}
VARIABLES["max_rejected_share"] = 1  # the dirty log is
# tables with a row per event, which a release from another engine is without unless asked
ROW_PER_EVENT = {"interactions", "holdout_interactions", "rejected_rows"}


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
def postgres_demo(
    postgres: Postgres,
    demo_tables: dict[str, Table],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, dict[str, Table]]:
    """The demo, built with every test: dbt's folder, and the public tables."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    dbt(folder, ["build", "--write-json"], postgres.environment)
    return folder / "target", postgres.tables(demo_tables)


@pytest.fixture(scope="module")
def postgres_log_tables(
    postgres: Postgres,
    postgres_demo: tuple[Path, dict[str, Table]],
    log_tables: dict[str, Table],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Table]:
    """The public tables of the log, built with the data tests in the place of the demo."""
    build = ["build", *MODELS_ONLY[2:], "--vars", json.dumps(VARIABLES)]
    folder = tmp_path_factory.mktemp("postgres_log")
    dbt(folder, build, postgres.environment | {"PINGTOP_RAW_SCHEMA": "raw_log"})
    return postgres.tables(log_tables)


def test_postgres_maps_tables(
    postgres: Postgres, agreed_tables: dict[str, Table], tmp_path: Path
) -> None:
    postgres.load_typed(SCHEMA, mapped_tables())
    environment = postgres.environment | {"PINGTOP_POSTGRES_SCHEMA": "mapped"}
    dbt(tmp_path, BUILD_MAPPED, environment)
    assert_mapped_alike(agreed_tables, postgres.tables(agreed_tables, "mapped"))


def test_postgres_builds_the_demo_alike(
    postgres_demo: tuple[Path, dict[str, Table]], demo_tables: dict[str, Table]
) -> None:
    assert_same_tables(demo_tables, postgres_demo[1])


def let_commands_find(
    engine: Postgres | Spark | SparkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is called in this process connects to the engine."""
    for name, value in engine.environment.items():
        monkeypatch.setenv(name, value)


def publish_from(engine: str, target: Path, releases: Path, *arguments: str) -> int:
    given = ["--engine", engine, "--target", str(target), "--releases", str(releases)]
    return publish.main([*given, *arguments])


def assert_release_of_the_demo(
    releases: Path, demo: Warehouse, demo_tables: dict[str, Table], left_out: set[str]
) -> None:
    """A release of what an engine has built has the rows and types of DuckDB's tables."""
    release = open_release(releases)
    database = release.path / "pingtop.duckdb"
    kept = {name: table for name, table in demo_tables.items() if name not in left_out}
    assert_same_tables(kept, duckdb_tables(database))
    types = "select table_name, column_name, data_type from duckdb_columns() where schema_name = "
    with duckdb.connect(str(database), read_only=True) as connection:
        found = set(connection.execute(f"{types} 'main'").fetchall())
    wanted = {row for row in demo.rows(f"{types} 'main'") if row[0] not in left_out}
    assert found == wanted
    assert set(release.left_out) == left_out
    assert release.manifest["tables"].keys() == kept.keys()
    newest = max(row[demo_tables["interactions"].columns.index("event_timestamp")]
                 for row in demo_tables["interactions"].rows)  # fmt: skip
    assert release.manifest["data_to"] == f"{newest.isoformat()}Z"


def test_postgres_is_published(
    postgres: Postgres,
    postgres_demo: tuple[Path, dict[str, Table]],
    demo: Warehouse,
    demo_tables: dict[str, Table],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from other_engines.postgres import Postgres as PostgresEngine

    target, releases = postgres_demo[0], tmp_path / "releases"
    let_commands_find(postgres, monkeypatch)
    assert publish_from("postgres", target, releases) == 0, capsys.readouterr().err
    assert_release_of_the_demo(releases, demo, demo_tables, ROW_PER_EVENT)
    capsys.readouterr()
    assert publish_from("postgres", target, releases) == 0
    assert capsys.readouterr().out.startswith("Nothing to publish: ")
    assert report.main(["--release", str(releases), "--output", str(tmp_path / "one.html")]) == 0
    with pytest.raises(ReleaseError, match="was published without interactions, which has a row "):
        open_release(releases).rows("from interactions")
    # with more tables it is another release of the same build
    monkeypatch.setattr("other_engines.postgres.AT_A_TIME", 100)
    assert publish_from("postgres", target, releases, "--with-events") == 0
    assert_release_of_the_demo(releases, demo, demo_tables, set())
    assert len(open_release(releases).rows("from interactions")) > 300

    # one that began before that build is at work yet
    with postgres.cursor() as cursor:
        cursor.execute("create view raw.run_at_work_260304050607_0 as select 1 as is_at_work")
    assert publish_from("postgres", target, releases) == 2
    told = "a run of dbt that began at 2026-03-04 05:06:07 UTC has not ended in the database postgr"
    assert told in capsys.readouterr().err
    with postgres.cursor() as cursor:
        cursor.execute("drop view raw.run_at_work_260304050607_0")

    # another build begins while tables are copied
    written = open_release(releases).name
    (releases / "current").unlink()
    write = PostgresEngine.write_parquet

    def and_begin(self: PostgresEngine, query: str, folder: Path) -> None:
        write(self, query, folder)
        self.run("update raw.last_run set invocation_id = 'later'")

    with monkeypatch.context() as while_building:
        while_building.setattr(PostgresEngine, "write_parquet", and_begin)
        assert publish_from("postgres", target, releases) == 2
    assert "a build began in the database postgres of " in capsys.readouterr().err
    assert {path.name for path in releases.iterdir()} >= {written}
    assert not (releases / "current").exists()

    # what is there now is of that build, or of two at once
    told_by = (("later", "are not of the last run of dbt on the database postgres"),)
    told_by += (("two runs at once", "two runs of dbt were at work in the database postgres"),)
    for mark, message in told_by:
        with postgres.cursor() as cursor:
            cursor.execute("update raw.last_run set invocation_id = %s", [mark])
        assert publish_from("postgres", target, releases) == 2
        printed = capsys.readouterr().err
        assert message in printed
        assert printed.count("\n") == 1
    monkeypatch.setenv("PINGTOP_POSTGRES_HOST", str(tmp_path / "nowhere"))
    assert publish_from("postgres", target, releases) == 2
    assert "nothing is published: postgres cannot be reached: " in capsys.readouterr().err


def test_postgres_builds_a_dirty_log_alike(
    postgres_log_tables: dict[str, Table], log_tables: dict[str, Table]
) -> None:
    assert_same_tables(without_files(log_tables), without_files(postgres_log_tables))


def test_two_runs_at_once_are_noted(
    postgres: Postgres, postgres_log_tables: object, tmp_path: Path
) -> None:
    """The first run begins, and ends, while another is at work: it finds its own mark in the end,
    and the view of the other stays. The second finds the mark of another that began after it: here,
    a trigger that writes it.
    """
    begun = datetime.now(UTC) - timedelta(hours=20)
    at_work = f"raw.run_at_work_{begun:%y%m%d%H%M%S}_0123456789abcdef"
    with postgres.cursor() as cursor:
        cursor.execute(
            f"""
            create view {at_work} as select 1 as is_at_work;
            create view raw.run_at_work_240301120000_0123456789abcdef as select 1 as is_at_work;
            create table raw.views_made (name text, mark text);
            create function raw.note_views() returns event_trigger language plpgsql as $$
            begin
                insert into raw.views_made
                select made.object_identity, last_run.invocation_id
                from pg_event_trigger_ddl_commands() as made cross join raw.last_run
                where made.object_identity like '%at_work%';
            end $$;
            create event trigger views on ddl_command_end when tag in ('CREATE VIEW')
            execute function raw.note_views();
            create function raw.another_begins() returns trigger language plpgsql as $$
            begin
                if new.invocation_id <> 'two runs at once' and exists (select from raw.views_made)
                then
                    new.invocation_id := 'another';
                end if;
                return new;
            end $$;
            create trigger begins before insert on raw.last_run
            for each row execute function raw.another_begins()
            """
        )
    commands = [["run", "--select", "stg_event_weights"]] * 2 + [["run-operation", "forget_runs"]]
    runs = [{"arguments": command, "environment": {}} for command in commands]
    outcomes = run_all(runs, tmp_path, PROJECT, postgres.environment)
    assert [one["exit_code"] for one in outcomes] == [0, 0, 0], outcomes
    forgotten = [re.findall("The run that began at .*", one["output"]) for one in outcomes]
    said = "The run that began at {} UTC is forgotten.".format
    assert forgotten == [
        [said("2024-03-01 12:00:00")], [], [said(f"{begun:%Y-%m-%d %H:%M:%S}")],
    ]  # fmt: skip
    with postgres.cursor() as cursor:
        cursor.execute("drop event trigger views; drop trigger begins on raw.last_run")
        cursor.execute("select name, mark from raw.views_made")
        (first, mark), (_, other_mark) = cursor.fetchall()
        assert first.endswith(f"_{mark.replace('-', '')}")
        assert other_mark == "another"
        cursor.execute("select invocation_id from raw.last_run")
        assert cursor.fetchall() == [("two runs at once",)]
        cursor.execute("select count(*) from pg_views where viewname like 'run_at_work%'")
        assert cursor.fetchall() == [(0,)]


CUTOFF = ("--as-of", "2024-02-13")
SHOWN = ["--task", "impressions", "--collaborative"]


def metrics_of(
    target: str, output: Path, *arguments: str, cutoff: Sequence[str] = CUTOFF
) -> pd.DataFrame:
    """What an evaluation finds, by what each number is of."""
    given = ["--target", target, *cutoff, "--no-chart", "--quiet", "--output", str(output)]
    assert evaluate.main([*given, *arguments]) == 0
    keys = ["cutoff", "strategy", "segment", "k", "metric"]
    return pd.read_parquet(output / "metrics.parquet").set_index(keys).sort_index()


@pytest.fixture(scope="module")
def duckdb_metrics(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What an evaluation of the demo finds on DuckDB."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PINGTOP_RAW_LOCATION", "")
        return metrics_of("duckdb", tmp_path_factory.mktemp("duckdb_metrics"), "--no-record")


@pytest.fixture(scope="module")
def duckdb_metrics_of_shown(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The same of what was shown after the cutoff, with the collaborative filters."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PINGTOP_RAW_LOCATION", "")
        return metrics_of("duckdb", tmp_path_factory.mktemp("duckdb_metrics"), *SHOWN)


def assert_same_metrics(wanted: pd.DataFrame, found: pd.DataFrame) -> None:
    """To 1e-9, those of `random` among them; something is there to compare."""
    assert set(wanted.index.get_level_values("strategy")) >= {"random", "heuristic"}
    pd.testing.assert_frame_equal(found, wanted, rtol=TOLERANCE, atol=TOLERANCE)
    assert (wanted.xs("ndcg", level="metric")["value"] > 0).any()


def test_postgres_evaluates_alike(
    postgres: Postgres,
    postgres_log_tables: object,
    duckdb_metrics: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In schemas of its own, which go in the end with those that a killed evaluation has left."""
    let_commands_find(postgres, monkeypatch)
    died = subprocess.Popen(["true"])
    died.wait()
    left = prefix_of(datetime.now(UTC), machine(), died.pid)
    others = {
        prefix_of(datetime.now(UTC), machine(), os.getppid()),
        prefix_of(datetime.now(UTC), "elsewhere", died.pid),
    }
    old = prefix_of(datetime.now(UTC) - timedelta(days=3), "elsewhere", 1)
    schemas = "select nspname from pg_namespace where nspname !~ '^pg_'"
    with postgres.cursor() as cursor:
        cursor.execute(schemas)
        before = {name for (name,) in cursor.fetchall()}
        for prefix in (left, old, *others):
            cursor.execute(f"create schema {prefix}main")
            cursor.execute(f"create table {prefix}main.interactions (event_id text)")
    assert_same_metrics(duckdb_metrics, metrics_of("postgres", tmp_path))
    assert "recorded in the database postgres of " in capsys.readouterr().err
    with postgres.cursor() as cursor:
        cursor.execute(schemas)
        after = {name for (name,) in cursor.fetchall()}
        assert after == before | {f"{prefix}main" for prefix in others}
        cursor.execute(
            "select count(*), min(log_source), min(as_of)"
            " from intermediate.int_recorded_evaluations"
        )
        assert cursor.fetchall() == [
            (len(duckdb_metrics), f"seeds of {PROJECT}", datetime(2024, 2, 13))
        ]


def test_ranking_elsewhere_is_refused(postgres: Postgres, tmp_path: Path) -> None:
    arguments = ["run", "--select", "stg_event_weights", "--vars", '{"ranking_enabled": true}']
    run = {"arguments": arguments, "environment": {}}
    [outcome] = run_all([run], tmp_path, PROJECT, postgres.environment)
    assert outcome["exit_code"] != 0
    told = " ".join(outcome["output"].split())
    assert "Python models, which run on DuckDB and beside Spark only: on postgres, leave" in told
    assert "Traceback" not in told


# --- Spark ---------------------------------------------------------------------------------------

# models of at most as many rows as there are event types, pings, creators or entries of blocklists
ON_ONE_PARTITION = {
    "stg_event_weights",
    *("int_pings", "int_ping_scores", "int_orderings", "int_random_circle", "int_restricted_pings"),
    *("ping_global_scores", "trending_pings", "exposure_curve", "recommendation_coverage"),
    "int_shown_scores",  # the catalogue
    "int_alert_arrivals",  # hours
    *("int_change_spans", "int_change_user_firsts"),  # spans of time
}
# the regions that restrictions leave out × the restricted pings is what the first table is, the
# days of the log × types of events, and × reasons for rejections, the second
CROSS_JOINED = {"int_restricted_pings", "int_alert_values"}


def needed_spark() -> str:
    """`log` (what .ci/run has) or `all`: which comparisons on Spark must run, by
    PINGTOP_NEEDS_SPARK; empty: none.
    """
    return os.environ.get("PINGTOP_NEEDS_SPARK", "")


needs_all = pytest.mark.skipif(
    needed_spark() != "all", reason="takes minutes: make test-spark runs it"
)


OF_JAVA = "An error occurred while calling o7.parquet.\n: org.apache.spark.SparkException: Job "
OF_JAVA += "aborted: Task 0.0 (TID 0): java.io.IOException: {0}\n\tat a.B(C.java:1)\n"
OF_JAVA += "Caused by: java.io.IOException: {0}\n\tat a.B(C.java:1)\n\t... 1 more\n"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (OF_JAVA.format("No space left on device"), "No space left on device."),
        ("\n: java.lang.OutOfMemoryError: Java heap space\n\tat a.B(C.java:1)", "Java heap space."),
        ("\n: java.lang.StackOverflowError\n\tat a.B(C.java:1)", "StackOverflowError."),
        ("[DIVIDE_BY_ZERO] Division by zero. Use `try_divide`.", "Division by zero."),
        (
            "[NO_TABLE] org.apache.spark.sql.Error: [NO_TABLE] There is none. Verify",
            "There is none.",
        ),
        ("Answer from Java side is empty", "Answer from Java side is empty."),
        ("", "RuntimeError."),
    ],
)
def test_what_spark_says_is_one_sentence(said: str, told: str) -> None:
    spark = object.__new__(SparkHere)
    spark.place = "Spark here"
    assert str(spark.error(RuntimeError(said))) == f"Spark here: {told}"


BUILD_LOG = ["build", *MODELS_ONLY, "--vars", json.dumps(VARIABLES)]
# by a Thrift server data tests and most unit tests are queries like any other, but hundreds of them
FEW_TESTS = [*MODELS_ONLY[:2], "--exclude", "resource_type:unit_test,path:models/intermediate"]
BUILD_DEMO = ["build", "--write-json"] if needed_spark() == "all" else ["build", *FEW_TESTS]


def needs_spark() -> None:
    reason = no_spark()
    if reason and needed_spark():
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


def leftovers(table: Path) -> list[Path]:
    """What a killed build has left of a table, which keeps Spark from making it."""
    return list(table.iterdir())


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Spark:
    needs_spark()
    return Spark(tmp_path_factory.mktemp("spark"))


@pytest.fixture(scope="module")
def spark_log_tables(
    spark: Spark, log: dict[str, pd.DataFrame], log_tables: dict[str, Table]
) -> dict[str, Table]:
    """The public tables of the log, whose build came after one that was killed while it wrote."""
    spark.load("raw_log", log)
    environment = spark.environment | {"PINGTOP_RAW_SCHEMA": "raw_log"}
    table = spark.folder / "warehouse" / "staging.db" / "stg_interactions"
    kill_while_writing(table, spark.folder / "killed", BUILD_LOG, environment)
    assert leftovers(table)
    runs = [as_run(BUILD_LOG), as_run(["run-operation", "forget_runs"])]
    built, forgot = run_all(runs, spark.folder / "log", PROJECT, environment)
    assert built["exit_code"] == 0, built["output"][-6000:]
    # the killed one alone is still noted as one that is at work
    assert forgot["output"].count(" UTC is forgotten.") == 1, forgot["output"][-6000:]
    views = spark.folder / "views"
    spark.run({"views": str(views)})
    return spark.tables(log_tables, views)


@needs_all
def test_spark_builds_a_dirty_log_alike(
    spark_log_tables: dict[str, Table], log_tables: dict[str, Table]
) -> None:
    assert_same_tables(without_files(log_tables), without_files(spark_log_tables))


@pytest.fixture(scope="module")
def spark_demo(tmp_path_factory: pytest.TempPathFactory) -> Spark:
    """Spark with the demo, built with every test; what dbt says of it is in dbt/target."""
    needs_spark()
    spark = Spark(tmp_path_factory.mktemp("spark_demo"))
    dbt(spark.folder / "dbt", ["build", "--write-json"], spark.environment)
    return spark


@needs_all
def test_spark_builds_the_demo_alike(spark_demo: Spark, demo_tables: dict[str, Table]) -> None:
    views = spark_demo.folder / "views"
    spark_demo.run({"views": str(views)})
    assert_same_tables(demo_tables, spark_demo.tables(demo_tables, views))


SCHEMAS = {"raw.db", "staging.db", "intermediate.db", "main.db"}


def schemas_of(spark: Spark) -> set[str]:
    """The folders of all schemas: those of an evaluation go with it."""
    return {path.name for path in (spark.folder / "warehouse").glob("*.db")}


@needs_all
def test_spark_is_published(
    spark_demo: Spark,
    demo: Warehouse,
    demo_tables: dict[str, Table],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    let_commands_find(spark_demo, monkeypatch)
    target, releases = spark_demo.folder / "dbt" / "target", tmp_path / "releases"
    assert publish_from("spark_local", target, releases) == 0, capsys.readouterr().err
    assert_release_of_the_demo(releases, demo, demo_tables, ROW_PER_EVENT)
    capsys.readouterr()
    assert publish_from("spark_local", target, releases) == 0
    assert capsys.readouterr().out.startswith("Nothing to publish: ")


@needs_all
def test_spark_evaluates_alike(
    spark_demo: Spark,
    duckdb_metrics: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    let_commands_find(spark_demo, monkeypatch)
    assert_same_metrics(duckdb_metrics, metrics_of("spark_local", tmp_path))
    assert "recorded in Spark in " in capsys.readouterr().err
    assert schemas_of(spark_demo) == SCHEMAS


@needs_all
def test_spark_evaluates_what_was_shown_alike(
    spark_demo: Spark,
    duckdb_metrics_of_shown: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    let_commands_find(spark_demo, monkeypatch)
    assert_same_metrics(duckdb_metrics_of_shown, metrics_of("spark_local", tmp_path, *SHOWN))
    assert schemas_of(spark_demo) == SCHEMAS


@needs_all
def test_what_fails_in_spark_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a task, and where Java is gone: pyspark has no errors of its own for these. Ctrl-C is
    afterwards what it was, and Spark can be started again.
    """
    needs_spark()
    before = getsignal(SIGINT)
    from pyspark import SparkContext

    let_commands_find(Spark(tmp_path), monkeypatch)
    with open_engine("spark_local") as engine:
        with pytest.raises(NoTableError, match="nowhere"):
            engine.rows("select * from nowhere")
        with pytest.raises(EngineError, match=r"^Spark in .*: it fails in a task\.$"):
            engine.rows("select if(id > 1, raise_error('it fails in a task'), id) from range(9)")
        SparkContext._gateway.proc.kill()
        with pytest.raises(EngineError, match=r"^Spark in .*\.$"):
            engine.rows("select 1")
    assert getsignal(SIGINT) is before
    with open_engine("spark_local") as engine:
        assert engine.rows("select 1") == [(1,)]


# --- Spark's Thrift server -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def thrift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkServer]:
    needs_spark()
    with spark_server(tmp_path_factory.mktemp("thrift")) as server:
        yield server


def thrift_tables(server: SparkServer, wanted: dict[str, Table], folder: Path) -> dict[str, Table]:
    server.run({"views": str(folder / "views")})
    return server.tables(wanted, folder / "views")


@pytest.fixture(scope="module")
def thrift_demo(thrift: SparkServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of dbt's, after it has built the demo."""
    folder: Path = tmp_path_factory.mktemp("thrift_demo")
    dbt(folder, BUILD_DEMO, thrift.environment)
    return folder


def test_thrift_builds_the_demo_alike(
    thrift: SparkServer, thrift_demo: Path, demo_tables: dict[str, Table]
) -> None:
    assert_same_tables(demo_tables, thrift_tables(thrift, demo_tables, thrift_demo))


@needs_all
def test_thrift_is_published(
    thrift: SparkServer,
    thrift_demo: Path,
    demo: Warehouse,
    demo_tables: dict[str, Table],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Piece by piece, from a server in another time zone."""
    let_commands_find(thrift, monkeypatch)
    monkeypatch.setattr("other_engines.spark_server.AT_A_TIME", 100)
    releases = tmp_path / "releases"
    published = publish_from("spark", thrift_demo / "target", releases, "--with-events")
    assert published == 0, capsys.readouterr().err
    assert_release_of_the_demo(releases, demo, demo_tables, set())


@needs_all
def test_thrift_evaluates_alike(
    thrift: SparkServer,
    thrift_demo: Path,
    duckdb_metrics: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    let_commands_find(thrift, monkeypatch)
    assert_same_metrics(duckdb_metrics, metrics_of("spark", tmp_path))
    assert "recorded in Spark at 127.0.0.1:" in capsys.readouterr().err
    assert schemas_of(thrift) == SCHEMAS
    with open_engine("spark") as engine, pytest.raises(NoTableError, match="nowhere"):
        engine.rows("select * from main.nowhere")


def test_thrift_maps_tables(
    thrift: SparkServer, agreed_tables: dict[str, Table], tmp_path: Path
) -> None:
    thrift.load_typed(SCHEMA, mapped_tables())
    runs = [{"arguments": MISNAMED}, {"arguments": BUILD_MAPPED}]
    environment = thrift.environment | {"PINGTOP_SPARK_SCHEMA": "mapped"}
    misnamed, built = run_all(runs, tmp_path / "dbt", PROJECT, environment)
    assert misnamed["exit_code"] == 2
    assert "app.plays has no column 'video.watched.sec', which the mapping has" in " ".join(
        misnamed["output"].split()
    )
    assert built["exit_code"] == 0, built["output"][-6000:]
    views = tmp_path / "views"
    thrift.run({"views": str(views), "schema": "mapped"})
    assert_mapped_alike(agreed_tables, thrift.tables(agreed_tables, views, "mapped"))


@pytest.fixture(scope="module")
def thrift_log(
    thrift: SparkServer, log: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of dbt's, after it has built the log. (With time enough, after a build that was
    killed with its server while it wrote: a new server is slow at first.)
    """
    folder: Path = tmp_path_factory.mktemp("thrift_log")
    thrift.load("raw_log", log)
    environment = thrift.environment | {"PINGTOP_RAW_SCHEMA": "raw_log"}
    if needed_spark() == "all":
        table = thrift.folder / "warehouse" / "staging.db" / "stg_interactions"
        kill_while_writing(table, folder / "killed", BUILD_LOG, environment, thrift)
        assert leftovers(table)
        thrift.start()
    dbt(folder, BUILD_LOG, environment)
    return folder


def test_thrift_builds_a_dirty_log_alike(
    thrift: SparkServer, thrift_log: Path, log_tables: dict[str, Table]
) -> None:
    tables = thrift_tables(thrift, log_tables, thrift_log)
    assert_same_tables(without_files(log_tables), without_files(tables))


def test_thrift_keeps_events_by_date(thrift: SparkServer, thrift_log: Path) -> None:
    stored = thrift.folder / "warehouse" / "intermediate.db"
    tables = ("int_interactions", "int_exposures", "int_exposure_events")
    tables += ("int_searched_impressions",)
    for name in tables:
        assert len(list((stored / name).glob("event_date=2024-*"))) > 15, name


# --- A session, on what the server has left: after all that needs the server ---------------------


@pytest.fixture(scope="module")
def left_by_thrift(thrift: SparkServer, thrift_log: Path) -> Spark:
    """A session with the server's tables; what is said of its models' plans is in plans.json and
    scans.json.
    """
    thrift.end(signal.SIGTERM)
    spark = Spark(thrift.folder)
    spark.run(
        {
            "compiled": str(thrift_log / "target" / "compiled" / "pingtop" / "models"),
            "plans": str(spark.folder / "plans.json"),
            "scans": str(spark.folder / "scans.json"),
        }
    )
    return spark


def test_spark_joins_nothing_crosswise(left_by_thrift: Spark) -> None:
    """Only one row, or rows written out in a query, are joined with all rows of a table; nothing
    of any size is sent everywhere or to the driver; no window over all users is on one partition.
    """
    plans = json.loads((left_by_thrift.folder / "plans.json").read_text())
    assert len(plans) > 80
    allowed = {
        name: {"window on one partition"} if name in ON_ONE_PARTITION else set() for name in plans
    }
    for name in CROSS_JOINED:
        allowed[name].add("cross join")
    assert {name: found for name, found in plans.items() if set(found) - allowed[name]} == {}
    assert any("window on one partition" in found for found in plans.values())


def test_spark_reads_the_log_once(left_by_thrift: Spark) -> None:
    """One table is made of the raw rows of a log, by one scan; all else is made of that."""
    scans = json.loads((left_by_thrift.folder / "scans.json").read_text())
    for log in ("interactions", "exposures"):
        read = {
            name: tables[f"raw_log.{log}"]
            for name, tables in scans.items()
            if f"raw_log.{log}" in tables
        }
        # the first is a view, which is read by the second
        assert read == {f"base_{log}": 1, f"stg_{log}": 1}


def test_a_session_goes_on_where_a_server_was(
    left_by_thrift: Spark, log_tables: dict[str, Table], tmp_path: Path
) -> None:
    """The target spark_local builds some of the tables anew."""
    anew = ("stg_interactions", "users", "recommendations")
    stored = left_by_thrift.folder / "warehouse" / "main.db"
    before = {path.name for name in anew for path in (stored / name).glob("*.parquet")}
    environment = left_by_thrift.environment | {"PINGTOP_RAW_SCHEMA": "raw_log"}
    dbt(tmp_path, [*BUILD_LOG, "--select", *anew], environment)
    after = {path.name for name in anew for path in (stored / name).glob("*.parquet")}
    assert after
    assert not before & after
    tables = left_by_thrift.tables(log_tables, tmp_path / "no views")
    wanted = {name: log_tables[name] for name in ("users", "recommendations")}
    assert_same_tables(wanted, {name: tables[name] for name in wanted})
