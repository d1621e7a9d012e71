"""Other engines than DuckDB for tests: throw-away servers, and a comparison of what they built."""

from __future__ import annotations

import getpass
import importlib.util
import json
import math
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from dbt_runs import process_of, run_all
from warehouse import PROJECT

TOLERANCE = 1e-9
A_MINUTE_OR_TWO = 120  # seconds for what takes ten on an idle machine

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Table:
    """The columns and rows of a table, the rows in any order."""

    columns: list[str]
    rows: Rows


def duckdb_tables(database: Path) -> dict[str, Table]:
    """Every public table of a warehouse."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'main'"
        ).fetchall()
        tables = {}
        for (name,) in sorted(names):
            found = connection.execute(f'from main."{name}"')
            columns = [column[0] for column in found.description]
            tables[name] = Table(columns, found.fetchall())
    return tables


def sorted_rows(table: Table) -> Rows:
    """Rows by all columns but the floats, and by these only where the others are equal."""

    def key(row: tuple[Any, ...]) -> tuple[list[Any], list[Any]]:
        exact = [(value is not None, value) for value in row if not isinstance(value, float)]
        floats = [round(value, 6) for value in row if isinstance(value, float)]
        return exact, floats

    return sorted(table.rows, key=key)


def differences(wanted: Table, found: Table) -> list[str]:
    """At most five differences, in words; of floats, those of more than 1e-9 of their size."""
    if wanted.columns != found.columns:
        return [f"columns {found.columns} instead of {wanted.columns}"]
    if len(wanted.rows) != len(found.rows):
        return [f"{len(found.rows)} rows instead of {len(wanted.rows)}"]
    told = []
    for one, other in zip(sorted_rows(wanted), sorted_rows(found), strict=True):
        for column, value, got in zip(wanted.columns, one, other, strict=True):
            if isinstance(value, float) and isinstance(got, float):
                equal = math.isclose(value, got, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
            else:
                equal = value == got and isinstance(value, bool) == isinstance(got, bool)
            if not equal:
                told.append(f"{column} is {got!r} instead of {value!r} in {other} (wanted: {one})")
    return told[:5]


def assert_same_tables(wanted: dict[str, Table], found: dict[str, Table]) -> None:
    """Every public table has the same rows. Runs are recorded on DuckDB only."""
    assert set(found) == set(wanted)
    wrong = {}
    for name, table in wanted.items():
        other = found[name]
        if name == "build_history":
            table = Table(table.columns, [])
        if told := differences(table, other):
            wrong[name] = told
    assert not wrong, json.dumps(wrong, indent=2, ensure_ascii=False)


def dbt(folder: Path, arguments: list[str], environment: dict[str, str]) -> None:
    """A run that must succeed."""
    [outcome] = run_all([as_run(arguments)], folder, PROJECT, environment)
    assert outcome["exit_code"] == 0, outcome["output"][-6000:]


def as_run(arguments: list[str]) -> dict[str, Any]:
    parse = arguments[arguments.index("--vars") :][:2] if "--vars" in arguments else []
    return {"arguments": arguments, "environment": {}, "parse": parse}


def kill_while_writing(
    table: Path,
    folder: Path,
    arguments: list[str],
    environment: dict[str, str],
    server: SparkServer | None = None,
) -> None:
    """Starts a run of dbt and kills it, with all that it has started and with its server, while
    Spark writes a table, whose folder is given: what is written is in `_temporary` there.
    """
    process = process_of([as_run(arguments)], folder, PROJECT, environment)
    started = subprocess.Popen(**process, start_new_session=True)
    try:
        while not (table / "_temporary").exists():
            assert started.poll() is None, f"dbt ended before it wrote {table.name}"
            time.sleep(0.002)
        if server:
            server.end(signal.SIGKILL)
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.communicate()


def installed(*modules: str) -> bool:
    return all(importlib.util.find_spec(module) for module in modules)


# --- PostgreSQL ----------------------------------------------------------------------------------


def postgres_programs() -> Path | None:
    """The folder of initdb and pg_ctl, which Debian does not put on the path."""
    on_path = shutil.which("pg_ctl")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def no_postgres() -> str | None:
    """Why PostgreSQL cannot be tested here; None where it can."""
    if not installed("dbt.adapters.postgres", "psycopg2"):
        return "dbt-postgres is not installed: make test-postgres installs it"
    if postgres_programs() is None:
        return "there is no PostgreSQL server: make test-postgres installs one, as root"
    return None


class Postgres:
    """A database of a throw-away server, reached through a socket in its folder."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            "DBT_TARGET": "postgres",
            "PINGTOP_POSTGRES_HOST": str(folder),
            "PINGTOP_POSTGRES_USER": "pingtop",
            "PINGTOP_POSTGRES_DATABASE": "postgres",
            "PINGTOP_RAW_LOCATION": "",
        }

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        import psycopg2

        connection = psycopg2.connect(
            host=self.environment["PINGTOP_POSTGRES_HOST"], user="pingtop", dbname="postgres"
        )
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def load(self, schema: str, tables: dict[str, pd.DataFrame]) -> None:
        """Loads raw tables as text, with a column for the order of their rows."""
        from psycopg2.extras import execute_values

        with self.cursor() as cursor:
            cursor.execute(f"create schema {schema}")
            for name, table in tables.items():
                columns = ", ".join(f'"{column}" text' for column in table.columns)
                cursor.execute(f"create table {schema}.{name} (raw_row_number bigint, {columns})")
                rows = table.astype("object").where(table.notna(), None).itertuples(name=None)
                execute_values(cursor, f"insert into {schema}.{name} values %s", rows)

    def load_typed(self, schema: str, tables: dict[str, pa.Table]) -> None:
        """Loads tables with the types that they have; what is nested becomes jsonb."""
        from psycopg2.extras import Json, execute_values

        with self.cursor() as cursor:
            cursor.execute(f"create schema {schema}")
            for name, table in tables.items():
                columns = ", ".join(
                    f'"{one.name}" {postgres_type(one.type)}' for one in table.schema
                )
                cursor.execute(f"create table {schema}.{name} ({columns})")
                rows = [
                    [Json(value) if isinstance(value, dict) else value for value in row.values()]
                    for row in table.to_pylist()
                ]
                execute_values(cursor, f"insert into {schema}.{name} values %s", rows)

    def tables(self, wanted: dict[str, Table], schema: str = "main") -> dict[str, Table]:
        """Every public table, with its columns in the wanted order."""
        with self.cursor() as cursor:
            cursor.execute(
                "select table_name, array_agg(cast(column_name as text))"
                f" from information_schema.columns where table_schema = '{schema}'"
                " group by table_name"
            )
            found = {}
            for name, names in cursor.fetchall():
                columns = wanted[name].columns if name in wanted else names
                assert sorted(columns) == sorted(names), name
                listed = ", ".join(f'"{column}"' for column in columns)
                cursor.execute(f"select {listed} from {schema}.{name}")
                found[name] = Table(columns, cursor.fetchall())
        return found


def postgres_type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"{postgres_type(kind.value_type)}[]"
    if pa.types.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    if pa.types.is_struct(kind):
        return "jsonb"
    return {"int64": "bigint", "double": "double precision", "bool": "boolean"}.get(
        str(kind), "text"
    )


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """A server of a cluster of its own, both gone afterwards. It refuses to run as root, so that
    it then runs as the user that Debian's package makes.
    """
    programs = postgres_programs()
    assert programs is not None
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()
    folder = Path(tempfile.mkdtemp(prefix="pingtop-postgres-"))

    def run(program: str, *arguments: str) -> None:
        options = {"user": user, "group": pwd.getpwnam(user).pw_gid} if os.geteuid() == 0 else {}
        subprocess.run(
            [str(programs / program), "--pgdata", str(folder / "data"), *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdout=subprocess.DEVNULL,
            check=True,
            **options,
        )

    try:
        shutil.chown(folder, user)
        # ordered as in a language, which the models must not depend on
        run("initdb", "--username", "pingtop", "--auth", "trust", "--encoding", "UTF8",
            "--locale-provider", "icu", "--icu-locale", "en", "--no-sync")  # fmt: skip
        settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "--wait", "--log", str(folder / "log"), "--options", settings, "start")
        try:
            yield Postgres(folder)
        finally:
            run("pg_ctl", "--mode", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- Spark ---------------------------------------------------------------------------------------


def no_spark() -> str | None:
    """Why Spark cannot be tested here; None where it can."""
    if not installed("dbt.adapters.spark", "pyspark"):
        return "pyspark and dbt-spark are not installed: make test-spark installs them"
    if shutil.which("java") is None:
        return "there is no Java: make test-spark installs one, as root"
    return None


class Spark:
    """Spark in a process of each run, with tables and catalogue in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raw: dict[str, Path] = {}
        self.environment = {
            "DBT_TARGET": "spark_local",
            "PINGTOP_SPARK_LOCAL": str(folder),
            "PINGTOP_SPARK_SHUFFLE_PARTITIONS": "2",
            # a small build is over before code is worth compiling well
            "PINGTOP_SPARK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
            " -XX:ReservedCodeCacheSize=256m",
            "PINGTOP_RAW_LOCATION": "",
            "SPARK_LOCAL_IP": "127.0.0.1",
        }

    def load(self, schema: str, tables: dict[str, pd.DataFrame]) -> None:
        """Makes external tables of Parquet files that hold the raw tables as text, with a column
        for the order of their rows.
        """
        statements = [f"create schema {schema}"]
        for name, table in tables.items():
            path = self.folder / "raw" / name
            path.mkdir(parents=True)
            numbered = table.astype("string").assign(raw_row_number=range(len(table)))
            for part, start in enumerate(range(0, len(table), 20_000)):
                numbered[start : start + 20_000].to_parquet(path / f"{part}.parquet", index=False)
            statements.append(f"create table {schema}.{name} using parquet location '{path}'")
        self.run({"statements": statements})

    def load_typed(self, schema: str, tables: dict[str, pa.Table]) -> None:
        """Makes external tables of Parquet files, with the types that they have."""
        statements = [f"create schema {schema}"]
        for name, table in tables.items():
            path = self.folder / schema / name
            path.mkdir(parents=True)
            pq.write_table(table, path / "0.parquet")
            statements.append(f"create table {schema}.{name} using parquet location '{path}'")
        self.run({"statements": statements})

    def run(self, job: dict[str, Any]) -> None:
        """Runs a job of spark_session.py."""
        path = self.folder / "job.json"
        path.write_text(json.dumps(job))
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("spark_session.py")), str(path)],
            cwd=PROJECT,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]

    def tables(
        self, wanted: dict[str, Table], views: Path, schema: str = "main"
    ) -> dict[str, Table]:
        """Every public table, read without Java; the views from where a job has written them."""
        stored = self.folder / "warehouse" / f"{schema}.db"
        folders = {path.name: path for parent in (views, stored) for path in parent.glob("*")}
        return {
            name: parquet_table(path, wanted[name].columns if name in wanted else None)
            for name, path in folders.items()
        }


class SparkServer(Spark):
    """Spark's Thrift server with tables and catalogue in a folder, as it is started when nothing
    but its place is said, and in another time zone than UTC.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self.java_options = self.environment["PINGTOP_SPARK_JAVA_OPTIONS"]
        self.environment |= {
            "DBT_TARGET": "spark",
            "PINGTOP_SPARK_HOST": "127.0.0.1",
            "PINGTOP_SPARK_PORT": str(self.port),
        }

    def start(self) -> None:
        home = Path(importlib.util.find_spec("pyspark").origin).parent
        catalogue = f"jdbc:derby:;databaseName={self.folder}/metastore_db;create=true"
        java_options = f"-Dderby.system.home={self.folder} -Duser.timezone=America/New_York"
        settings = {
            "spark.driver.extraJavaOptions": f"{java_options} {self.java_options}",
            "spark.hadoop.javax.jdo.option.ConnectionURL": catalogue,
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.warehouse.dir": f"{self.folder}/warehouse",
            "spark.ui.enabled": "false",
        }
        hive_settings = {
            "hive.server2.authentication": "NOSASL",
            "hive.server2.thrift.bind.host": "127.0.0.1",
            "hive.server2.thrift.port": str(self.port),
        }
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(str(home / "bin" / "spark-submit"), "--master", "local[2]"),
                    *("--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"),
                    *("--driver-memory", "2g"),
                    *(f"--conf={name}={value}" for name, value in settings.items()),
                    "spark-internal",
                    *(
                        part
                        for name, value in hive_settings.items()
                        for part in ("--hiveconf", f"{name}={value}")
                    ),
                ],
                cwd=self.folder,
                env=os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"},
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + A_MINUTE_OR_TWO
        while not self.is_listening():
            told = (self.folder / "server.log").read_text()[-4000:]
            assert self.process.poll() is None, told
            assert time.monotonic() < until, told
            time.sleep(0.5)

    def is_listening(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self, how: signal.Signals) -> None:
        if self.process:
            self.process.send_signal(how)
            self.process.wait(A_MINUTE_OR_TWO)
            self.process = None

    def run(self, job: dict[str, Any]) -> None:
        """Runs what spark_session.py also can, statements and writing the public views, which may
        be in another schema than main.
        """
        from pyhive import hive

        connection = hive.connect("127.0.0.1", self.port, username="pingtop", auth="NOSASL")
        cursor = connection.cursor()
        for statement in job.get("statements", []):
            cursor.execute(statement)
        if "views" in job:
            schema = job.get("schema", "main")
            cursor.execute(f"show views in {schema}")
            for _, name, _ in cursor.fetchall():
                cursor.execute(
                    f"insert overwrite directory '{job['views']}/{name}' using parquet"
                    f" select * from {schema}.{name}"
                )
        connection.close()


@contextmanager
def spark_server(folder: Path) -> Iterator[SparkServer]:
    server = SparkServer(folder)
    try:
        server.start()
        yield server
        server.end(signal.SIGTERM)
    finally:
        server.end(signal.SIGKILL)


def parquet_table(folder: Path, columns: list[str] | None) -> Table:
    """The rows below a folder, with the wanted columns in their order; moments in UTC."""
    source = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = true)"
    with duckdb.connect() as connection:
        types = connection.execute(f"describe select * from {source}").fetchall()
        listed = {
            name: f"\"{name}\" at time zone 'UTC'" if "ZONE" in dtype else f'"{name}"'
            for name, dtype, *_ in types
        }
        assert columns is None or sorted(columns) == sorted(listed), folder.name
        columns = columns or sorted(listed)
        selected = ", ".join(listed[name] for name in columns)
        rows = connection.execute(f"select {selected} from {source}").fetchall()
    return Table(columns, rows)
