"""What uses an engine, with a stand-in for it: no server, no Java, no build."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from stand_in import StandIn as SmallWarehouse
from stand_in import mixed
from test_engines import needs_all, needs_spark
from warehouse import PROJECT

from common import identifier, literal
from other_engines import Engine, EngineError, NoTableError, open_engine
from other_engines.spark import from_folder, text, to_folder
from ranking.elsewhere import SparkTables
from releases.build import Build, PublishError, check_same_run, red_gates
from releases.models import read_model, write_models
from releases.publishing import data_span, is_of_build, publish
from releases.release import Release, open_release
from releases.sources import EngineTables

HARD = "a b'ü`[1]{x}*"  # for the name of a folder


class StandIn(Engine):
    """An engine whose tables are in memory. Its public schema must be quoted."""

    target, adapter, database, schema, place = "postgres", "duckdb", None, "Main one", "memory"

    def __init__(self, database: str = "") -> None:
        self.connection = duckdb.connect(database)
        for schema in ("raw", "intermediate", self.quoted(self.schema)):
            self.run(f"create schema if not exists {schema}")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        try:
            return self.connection.execute(query).fetchall()
        except duckdb.CatalogException as error:
            raise NoTableError(str(error)) from error

    def run(self, statement: str) -> None:
        self.connection.execute(statement)

    def write_parquet(self, query: str, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.run(f"copy ({query}) to {literal(folder / '0.parquet')}")

    def schemas(self) -> list[str]:
        return [name for (name,) in self.rows("select schema_name from duckdb_schemas()")]

    def quoted(self, name: str) -> str:
        return identifier(name)

    def text(self, value: str) -> str:
        return literal(value)

    def close(self) -> None:
        self.connection.close()


@pytest.fixture
def engine() -> Iterator[StandIn]:
    made = StandIn()
    yield made
    made.close()


@pytest.fixture
def source(engine: StandIn, tmp_path: Path) -> Iterator[EngineTables]:
    with duckdb.connect() as connection:
        yield EngineTables(connection, engine, tmp_path / "copied")


def build_of(identity: str, nodes: dict[str, Any] | None = None) -> Build:
    results = {"metadata": {"invocation_id": identity}}
    return Build(results, {"nodes": nodes or {}}, command="dbt build --target postgres")


# --- what is not installed -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "module", "driver"),
    [("postgres", "postgres", "psycopg2"), ("spark", "spark_server", "pyhive")],
)
def test_a_driver_that_is_not_installed_is_named(
    target: str, module: str, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, f"other_engines.{module}", raising=False)
    for name in [name for name in sys.modules if name.startswith(f"{driver}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, driver, None)
    said = f"what {target} needs is not installed: pip install -r requirements-{target}.txt"
    with pytest.raises(EngineError, match=said), open_engine(target):
        pass


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs make with an environment in a folder in which nothing but the base is installed."""
    for name in ("created", "runtime"):
        (folder / f"{name}.stamp").touch()
    # not as a part of the make that runs the tests, which would give it what it was given itself
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", *arguments, f"VENV={folder}"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("build", "build --target-path target --target spark_local"),
        ("publish", "publish.py --engine spark_local"),
        ("evaluate", "evaluate.py --output evaluation --target spark_local"),
    ],
)
def test_make_takes_an_engine(command: str, said: str, tmp_path: Path) -> None:
    there = make(tmp_path, "--dry-run", command, "TARGET=spark_local").stdout
    assert said in there
    assert "install --no-compile -r requirements-spark.txt" in there
    assert "summary.py" not in there
    here = make(tmp_path, "--dry-run", command).stdout
    assert "spark" not in here
    assert ("summary.py" in here) == (command == "build")


@pytest.mark.parametrize("command", ["daily", "hourly", "query", "status", "analysis"])
def test_make_says_what_knows_no_engine(command: str, tmp_path: Path) -> None:
    done = make(tmp_path, command, "TARGET=postgres")
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"make {command} works with DuckDB's file alone: leave out TARGET="
    )
    assert done.stdout == ""


# --- publishing ----------------------------------------------------------------------------------


def test_names_of_an_engine_are_quoted(engine: StandIn, source: EngineTables) -> None:
    main = engine.quoted(engine.schema)
    engine.run(f"create table {main}.interactions as select timestamp '2024-02-01' event_timestamp")
    engine.run(
        f"create table {main}.build_gates as"
        " select 'red.' as sentence, 'error' as verdict, 1 as gate, 2 as about"
    )
    assert data_span(source) == ("2024-02-01T00:00:00Z", "2024-02-01T00:00:00Z")
    assert red_gates(source) == ["red."]


def test_a_table_that_the_engine_has_lost_is_named(engine: StandIn, source: EngineTables) -> None:
    manifest = {"invocation_id": "one", "tables": {"evaluation_metrics": {"row_count": 2}}}
    tables = list(manifest["tables"])
    with pytest.raises(PublishError, match="memory has no table evaluation_metrics: build it agai"):
        is_of_build(manifest, build_of("one"), source, tables)
    engine.run(f"create table {source.table('evaluation_metrics')} as from range(2)")
    assert is_of_build(manifest, build_of("one"), source, tables)


def test_models_that_an_engine_has_are_in_its_release(
    engine: StandIn, source: EngineTables, tmp_path: Path
) -> None:
    name = "int_ranking_gbdt"
    node = {"resource_type": "model", "name": name, "alias": name, "schema": "intermediate"}
    build = build_of("one", {"gbdt": node})
    table = f"intermediate.{name}"
    engine.run(f"create table {table} (kind varchar, name varchar, content varchar)")
    assert write_models(source, build, tmp_path) == {}
    engine.run(
        f"insert into {table} values ('model', 'model', 'tree ü'), ('status', 'own', 'none')"
    )
    written = write_models(source, build, tmp_path)
    assert list(written) == ["gbdt.txt"]
    release = Release(tmp_path, {"release": "one", "models": written})
    assert read_model(release, "gbdt.txt").decode() == "tree ü"


def test_a_release_from_an_engine_has_its_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = SmallWarehouse(tmp_path)
    warehouse.build_number(7)
    engine = StandIn(str(warehouse.database))
    engine.schema = "main"
    monkeypatch.setattr("releases.sources.open_engine", lambda _: nullcontext(engine))
    releases = tmp_path / "releases"
    published = publish(
        *(warehouse.database, warehouse.target, releases, 1), lambda *_: None, "postgres"
    )
    assert published.is_new
    assert mixed(open_release(releases).path) is None
    engine.close()


def test_a_run_that_has_not_ended_is_waited_for(
    engine: StandIn, source: EngineTables, tmp_path: Path
) -> None:
    build = build_of("one")
    engine.run("create table raw.last_run as select 'one' as invocation_id")
    check_same_run(build, tmp_path, source)
    engine.run(
        "create view raw.run_at_work_260304050607_0123456789abcdef as select 1 as is_at_work"
    )
    with pytest.raises(PublishError) as told:
        check_same_run(build, tmp_path, source)
    assert "a run of dbt that began at 2026-03-04 05:06:07 UTC has not ended in memory" in str(
        told.value
    )
    assert "(dbt run-operation forget_runs --target postgres)" in str(told.value)
    with pytest.raises(PublishError, match="a build began in memory while its tables were copied"):
        source.check_unchanged(build, tmp_path)


# --- a server's rows -----------------------------------------------------------------------------


class Cursor:
    """As PyHive's: two rows, and then, if asked for, a connection that breaks."""

    description = (("day", "DATE_TYPE"), ("number", "BIGINT_TYPE"))

    def __init__(self, breaks: bool) -> None:
        self.pieces: list[list[tuple[Any, ...]]] = [[("2024-02-01", 1), (None, 2)]]
        self.breaks = breaks

    def execute(self, query: str) -> None:
        self.query = query

    def fetchmany(self, _count: int) -> list[tuple[Any, ...]]:
        if self.pieces:
            return self.pieces.pop()
        if self.breaks:
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        return []

    def close(self) -> None: ...


@pytest.fixture
def server_module(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """other_engines.spark_server, whether or not PyHive is installed."""
    for name in ("pyhive", "pyhive.exc", "thrift", "thrift.Thrift"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules["pyhive.exc"].Error = type("Error", (Exception,), {})
    sys.modules["thrift.Thrift"].TException = type("TException", (Exception,), {})
    sys.modules.pop("other_engines.spark_server", None)
    yield import_module("other_engines.spark_server")
    sys.modules.pop("other_engines.spark_server")


def server_of(module: ModuleType, *, breaks: bool) -> Any:  # noqa: ANN401
    server = module.SparkServer.__new__(module.SparkServer)
    server.place = "Spark at host:10000"
    server.connection = SimpleNamespace(cursor=lambda **_: Cursor(breaks))
    return server


def test_rows_of_a_server_come_with_dates(server_module: ModuleType, tmp_path: Path) -> None:
    server_of(server_module, breaks=False).write_parquet("from t", tmp_path / "rows")
    rows = pq.read_table(tmp_path / "rows").to_pylist()
    assert rows == [{"day": date(2024, 2, 1), "number": 1}, {"day": None, "number": 2}]
    with pytest.raises(EngineError, match=r"Spark at host:10000: .*Connection reset by peer"):
        server_of(server_module, breaks=True).write_parquet("from t", tmp_path / "broken")


def test_a_full_disk_here_is_not_the_servers(
    server_module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_batch", full)
    with pytest.raises(OSError, match="No space left on device") as raised:
        server_of(server_module, breaks=False).write_parquet("from t", tmp_path / "rows")
    assert not isinstance(raised.value, EngineError)
    assert raised.value.errno == errno.ENOSPC


# --- files that Spark and this machine exchange --------------------------------------------------


def test_a_folder_is_named_as_spark_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / HARD
    assert to_folder(folder) == f"file://{tmp_path.resolve()}/{HARD}"
    assert text(to_folder(folder)).endswith(r"/a b\'ü`[1]{x}*'")
    assert from_folder(folder).endswith(r"/a b'ü``\[1\]\{x\}\*`")


@pytest.mark.parametrize(
    ("file_format", "created"),
    [
        ("parquet", "create table"),
        *((one, "create or replace table") for one in ("delta", "iceberg")),
    ],
)
def test_a_table_that_dbt_leaves_is_replaced(
    file_format: str, created: str, tmp_path: Path
) -> None:
    said: list[str] = []
    SparkTables(said.append, lambda _: [], file_format).load(tmp_path, "one.two")
    [statement] = said
    assert statement.startswith(f"{created} one.two using {file_format} as select * from parquet.")


@needs_all
def test_spark_exchanges_files_by_a_folder_of_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_spark()
    for name, value in {"LOCAL": str(tmp_path / "spark"), "MEMORY": "1g"}.items():
        monkeypatch.setenv(f"PINGTOP_SPARK_{name}", value)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")  # else Java cannot spell it
    place = tmp_path / HARD
    place.mkdir()
    with open_engine("spark_local") as spark:
        spark.write_parquet("select 7 as user_key", place / "written")
        tables = SparkTables(spark.run, lambda _: ["user_key"])
        spark.run("create schema one")
        tables.load(place / "written", "one.loaded")
        tables.unload("one.loaded", place / "unloaded")
        assert spark.rows("select * from one.loaded") == [(7,)]
        spark.run("create view one.run_at_work_1 as select 1 as is_at_work")
        assert spark.views("one") == ["run_at_work_1"]
        with pytest.raises(NoTableError):
            spark.views("none_such")
    for folder in ("written", "unloaded"):
        found = [pq.read_table(path) for path in (place / folder).glob("*.parquet")]
        assert pa.concat_tables(found).to_pydict() == {"user_key": [7]}
