"""Runs the Python models of models/ranking for an engine that runs no Python: Spark.

dbt compiles a Python model for every engine and asks the adapter to run what was compiled; Spark's
can do that on Databricks alone. Here the adapter is given another way: the tables that a model asks
for are written as Parquet by the engine, the model runs in this process as it does on DuckDB, and
the engine makes a table of the Parquet file that came out. What is brought over is sampled training
rows. Users are scored by Spark's workers where there is a session with them; else here, where
DuckDB reads their features from the files, some users at a time.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
import threading
from collections.abc import Callable, Iterable
from functools import cache, cached_property, partial
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from common import InputError, exact_path, identifier, spark_exchange
from other_engines.brought import in_utc
from other_engines.spark import from_folder, text, to_folder
from ranking.by_users import OnWorkers, Score
from ranking.workers import ALL_SEE, Workers, WorkersError, rows_in
from releases.release import duckdb_settings

# dbt runs models at once, and each of these may take the machine for itself
ONE_AT_A_TIME = threading.Lock()
HERE = "here"  # the way to submit Python models, as dbt calls it
# formats of which dbt leaves the table of the last run where it is until it is replaced
REPLACED = ("delta", "iceberg")


class Tables(Protocol):
    """Where the tables are: an engine, as a run of dbt has it."""

    def unload(self, relation: str, folder: Path, in_order: bool = True) -> None:
        """Write a table or view as Parquet files into the folder, ordered by user_key if any."""

    def load(self, folder: Path, relation: str) -> None:
        """Make a table of the Parquet files in the folder."""


class SparkTables:
    """Tables of Spark, by SQL alone, so that a session and a Thrift server are the same.

    execute: runs a statement. columns: the names of a relation's columns.
    """

    def __init__(
        self,
        execute: Callable[[str], object],
        columns: Callable[[str], list[str]],
        file_format: str = "parquet",
    ) -> None:
        self.execute, self.columns, self.file_format = execute, columns, file_format

    def unload(self, relation: str, folder: Path, in_order: bool = True) -> None:
        has_order = in_order and "user_key" in self.columns(relation)
        order = " order by user_key" if has_order else ""
        self.execute(
            f"insert overwrite directory {text(to_folder(folder))} using parquet"
            f" select * from {relation}{order}"
        )

    def load(self, folder: Path, relation: str) -> None:
        create = "create or replace table" if self.file_format in REPLACED else "create table"
        self.execute(
            f"{create} {relation} using {self.file_format} as select * from {from_folder(folder)}"
        )


class Brought:
    """A table of an engine as a DuckDB relation, brought over when a model first asks it."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, engine: Tables, relation: str, folder: Path
    ) -> None:
        self._connection, self._engine = connection, engine
        self._relation, self._folder = relation, folder

    @cached_property
    def _rows(self) -> duckdb.DuckDBPyRelation:
        self._engine.unload(self._relation, self._folder)
        files = exact_path(self._folder) + "/*.parquet"
        return as_on_duckdb(self._connection.read_parquet(files))

    def __getattr__(self, name: str) -> object:
        return getattr(self._rows, name)


class BroughtToWorkers(Brought, OnWorkers):
    """A table of Spark's, which its workers score. Whatever else is asked of it is brought here."""

    def __init__(
        self,
        workers: Workers,
        connection: duckdb.DuckDBPyConnection,
        engine: Tables,
        relation: str,
        folder: Path,
    ) -> None:
        super().__init__(connection, engine, relation, folder)
        self._workers = workers

    def score_all(self, score: Score, schema: pa.Schema) -> Path:
        made, workers = self._folder.with_name("scored"), self._workers
        if workers.knows_tables:
            workers.score(self._relation, score, schema, made)
        else:
            self._engine.unload(self._relation, self._folder, in_order=False)
            workers.score(self._folder, score, schema, made)
        return made


def as_on_duckdb(rows: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Rows with the types that DuckDB would have: decimals are doubles, moments are without zone.

    Python takes decimals one by one.
    """
    columns = []
    for name, kind in zip(rows.columns, map(str, rows.types), strict=True):
        value, _ = in_utc(name, kind)
        if kind.startswith("DECIMAL"):
            value = f"cast({value} as double)"
        columns.append(f"{value} as {identifier(name)}")
    return rows.project(", ".join(columns))


def module_of(code: str, folder: Path) -> ModuleType:
    """The module that dbt compiled a Python model to."""
    path = folder / "model.py"
    path.write_text(code)
    spec = importlib.util.spec_from_file_location("compiled_model", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_model(
    engine: Tables, code: str, relation: str, exchange: Path, workers: Workers | None = None
) -> None:
    """Run a compiled Python model and make its table.

    exchange: a folder that the engine, its workers and this process see under the same path.
    workers: who score users; none: this process does.
    """
    with (
        tempfile.TemporaryDirectory(prefix="pingtop_", dir=exchange) as made,
        duckdb.connect(config={**duckdb_settings(), "temp_directory": f"{made}/spill"}) as session,
    ):
        folder = Path(made)
        module = module_of(code, folder)
        kind = Brought if workers is None else partial(BroughtToWorkers, workers)
        brought = module.dbtObj(
            lambda name: kind(session, engine, name, folder / f"from_{name.rsplit('.')[-1]}")
        )
        result: pa.Table | Path = module.model(brought, session)
        if isinstance(result, pa.Table):
            (folder / "result").mkdir()
            pq.write_table(result, folder / "result" / "rows.parquet")
            result = folder / "result"
        engine.load(result, relation)


class RunHere:
    """What dbt's adapter for Spark submits Python models to."""

    def __init__(self, parsed_model: dict[str, Any], _credentials: object) -> None:
        self.model = parsed_model

    def submit(self, compiled_code: str) -> None:
        """Run the model. compiled_code: with what writes its table elsewhere, which is left out."""
        from dbt.adapters.factory import get_adapter_by_type
        from dbt_common.exceptions import DbtRuntimeError

        adapter = get_adapter_by_type("spark")

        def columns(relation: str) -> list[str]:
            _, found = adapter.execute(f"select * from {relation} limit 0", fetch=True)
            return list(found.column_names)

        file_format = self.model["config"].get("file_format") or "parquet"
        engine = SparkTables(adapter.execute, columns, file_format)
        code, relation = self.model["compiled_code"], self.model["relation_name"]
        is_session = adapter.config.credentials.method == "session"
        try:
            with ONE_AT_A_TIME:
                folder = exchange()
                if not is_session:
                    check_exchange(engine, folder)
                run_model(engine, code, relation, folder, workers_of_run(is_session))
        except WorkersError as error:
            raise DbtRuntimeError(str(error)) from error


@cache
def workers_of_run(is_session: bool) -> Workers | None:
    """Who score the users of a run: the session's own workers, or those of PINGTOP_SPARK_MASTER.

    is_session: whether dbt builds in a session of this process.
    """
    master = spark_master()
    return Workers(None if is_session else master) if is_session or master else None


CHECKED: set[Path] = set()


def check_exchange(engine: SparkTables, folder: Path) -> None:
    """See that what Spark writes into the folder is seen here, whichever of its machines does. Else
    rows would be missing. Raises WorkersError.
    """
    if folder in CHECKED:
        return
    with tempfile.TemporaryDirectory(prefix="pingtop_", dir=folder) as made:
        engine.unload("range(0, 1000, 1, 64)", Path(made) / "rows", in_order=False)
        if (seen := rows_in(Path(made) / "rows")) != 1_000:
            raise WorkersError(
                f"Of 1000 rows that Spark has written below {folder}, {seen} are seen here: "
                f"{ALL_SEE}"
            )
    CHECKED.add(folder)


def spark_master() -> str:
    """Whose workers score beside a Thrift server: PINGTOP_SPARK_MASTER; empty: this machine."""
    return os.environ.get("PINGTOP_SPARK_MASTER", "").strip()


def exchange() -> Path:
    """The folder that the engine and this process exchange files in. Raises InputError."""
    folder, master = spark_exchange() or Path(tempfile.gettempdir()), spark_master()
    if master and not master.startswith("local") and spark_exchange() is None:
        raise InputError(
            f"The workers of {master} (PINGTOP_SPARK_MASTER) may be on other machines: {ALL_SEE}"
        )
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(f"{folder} (PINGTOP_SPARK_EXCHANGE) is no folder that can be written to.")
    return folder.resolve()


def run_python_models_here() -> None:
    """Let dbt's adapter for Spark, where there is one, run Python models in this process."""
    try:
        from dbt.adapters.spark.impl import SparkAdapter
    except ImportError:
        return
    SparkAdapter.python_submission_helpers = property(lambda _: {HERE: RunHere})
    SparkAdapter.default_python_submission_method = property(lambda _: HERE)
    cancelled = SparkAdapter.cancel_open_connections

    def cancel(adapter: SparkAdapter) -> Iterable[str]:
        """As dbt does at Ctrl-C; what workers do is no statement of a connection."""
        for is_session in (True, False):
            if workers := workers_of_run(is_session):
                workers.cancel()
        return cancelled(adapter)

    SparkAdapter.cancel_open_connections = cancel
