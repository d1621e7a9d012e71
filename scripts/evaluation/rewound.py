"""Building the rewound warehouse, and reading it.

On DuckDB it is a file of its own. On another engine it is schemas of its own, from which what an
evaluation takes is brought here as Parquet; they are dropped in the end, and those of an evaluation
that was killed by the next one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import duckdb

from common import (
    PROJECT,
    InputError,
    dbt_program,
    dbt_reason,
    exact_path,
    identifier,
    is_full_disk,
    literal,
)
from evaluation.endings import FullDiskError
from evaluation.work_folder import run_in
from operations.processes import is_alive, machine
from other_engines import DUCKDB, Engine, NoTableError, open_engine
from releases.release import duckdb_settings

RANK = PROJECT / "scripts" / "rank.py"  # dbt, with the Python models beside an engine without any
PREFIX = "pingtop_evaluation_"
STAMP = "%y%m%d%H%M%S"
FORGOTTEN = timedelta(days=2)  # after which schemas are nobody's, whatever machine made them

Span = tuple[datetime, datetime]
Taken = Mapping[str, Sequence[str]]  # columns by schema.table; all of them where none are named


class RewindError(InputError):
    """The warehouse cannot be rewound as asked. The message is one sentence."""


class Rewound(Protocol):
    """A rewound warehouse."""

    def span(self, table: str) -> Span | None:
        """The first and the last event of a public table of events; none where it is empty."""

    def tables(self, taken: Taken) -> duckdb.DuckDBPyConnection:
        """A connection that has what is taken, as far as it was built."""

    def log_source(self) -> str:
        """Which log it was built from, as its builds say it."""


class Builder(Protocol):
    """Builds rewound warehouses, one at a time."""

    def build(
        self, models: Sequence[str], variables: dict[str, Any]
    ) -> AbstractContextManager[Rewound]:
        """Build models and all they need; gives what was Rewound, as long as the block lasts."""


@contextmanager
def open_builder(target: str, folder: Path) -> Iterator[Builder]:
    """What builds by a target of profiles.yml. folder: for what it writes here."""
    if target == DUCKDB:
        yield FileBuilder(folder)
        return
    builder = EngineBuilder(target, folder)
    try:
        yield builder
    finally:
        builder.drop()


def span_of(rows: Sequence[tuple[Any, ...]]) -> Span | None:
    [(first, last)] = rows
    return None if first is None else (first, last)


def run_dbt(
    target: str, folder: Path, models: Sequence[str], variables: dict[str, Any], database: Path
) -> None:
    """Build models and all they need, without tests."""
    dbt = dbt_program()
    if dbt is None:
        raise RewindError("dbt is not installed: pip install -r requirements.txt (or make setup).")
    kept = str(folder / "target")
    command = [sys.executable, str(RANK)] if target.startswith("spark") else [dbt]
    command += ["--no-use-colors", "build", "--project-dir", str(PROJECT)]
    command += ["--profiles-dir", str(PROJECT), "--target", target, "--target-path", kept]
    command += ["--log-path", kept, "--vars", json.dumps(variables)]
    command += ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    command += ["--select", *(f"+{model}" for model in models)]
    environment = os.environ | {
        "PINGTOP_DATABASE": str(database),
        "PINGTOP_TEMP_DIRECTORY": str(folder / "spill"),
        "TMPDIR": str(folder),  # what a killed run leaves goes with the folder
    }
    raw_location = environment.get("PINGTOP_RAW_LOCATION")
    if raw_location:
        environment["PINGTOP_RAW_LOCATION"] = os.path.abspath(raw_location)
    # the Python models import from a folder that the profile names from the project's root
    code, printed = run_in(folder, command, environment, PROJECT)
    if code != 0:
        if is_full_disk(printed):
            raise FullDiskError
        raise RewindError(f"the warehouse could not be built: {dbt_reason(printed)}")


# --- A file ---------------------------------------------------------------------------------------


class RewoundFile:
    """A DuckDB file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def span(self, table: str) -> Span | None:
        query = f"select min(event_timestamp), max(event_timestamp) from {table}"
        return span_of(self.connection.execute(query).fetchall())

    def tables(self, taken: Taken) -> duckdb.DuckDBPyConnection:
        del taken  # all is here
        return self.connection

    def log_source(self) -> str:
        query = "select settings from raw.intake_plan"
        [(settings,)] = self.connection.execute(query).fetchall()
        return str(json.loads(settings)["the raw location"])


class FileBuilder:
    """Builds into a file in the folder, which it makes anew each time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def build(self, models: Sequence[str], variables: dict[str, Any]) -> Iterator[Rewound]:
        database = self.folder / "rewound.duckdb"
        database.unlink(missing_ok=True)
        run_dbt(DUCKDB, self.folder, models, variables, database)
        with duckdb.connect(str(database), read_only=True) as connection:
            yield RewoundFile(connection)


# --- Schemas of an engine -------------------------------------------------------------------------


class RewoundSchemas:
    """Schemas of an engine, whose names begin alike.

    connection, folder: where what is taken is brought to.
    """

    def __init__(
        self, engine: Engine, prefix: str, connection: duckdb.DuckDBPyConnection, folder: Path
    ) -> None:
        self.engine, self.prefix = engine, prefix
        self.connection, self.folder = connection, folder

    def table(self, schema: str, name: str) -> str:
        """A table of it in SQL, by the schema that it would otherwise be in."""
        own = self.engine.schema if schema == "main" else schema
        return f"{self.engine.quoted(self.prefix + own)}.{self.engine.quoted(name)}"

    def span(self, table: str) -> Span | None:
        return span_of(
            self.engine.rows(
                "select min(event_timestamp), max(event_timestamp) "
                f"from {self.table('main', table)}"
            )
        )

    def tables(self, taken: Taken) -> duckdb.DuckDBPyConnection:
        for full_name, columns in taken.items():
            schema, name = full_name.split(".")
            listed = ", ".join(map(self.engine.quoted, columns)) or "*"
            place = self.folder / name
            try:
                self.engine.write_parquet(f"select {listed} from {self.table(schema, name)}", place)
            except NoTableError:  # it is of a stage that is not built
                continue
            files = f"read_parquet({literal(f'{exact_path(place)}/*.parquet')})"
            self.connection.execute(f"create schema if not exists {schema}")
            self.connection.execute(
                f"create view {schema}.{identifier(name)} as select * from {files}"
            )
        return self.connection

    def log_source(self) -> str:
        [(found,)] = self.engine.rows(f"select log_source from {self.table('raw', 'last_run')}")
        return str(found)


class EngineBuilder:
    """Builds into schemas of its own, the same ones each time."""

    def __init__(self, target: str, folder: Path) -> None:
        self.target, self.folder = target, folder
        self.prefix = prefix_of(datetime.now(UTC), machine(), os.getpid())
        self.is_begun = self.is_swept = False

    @contextmanager
    def build(self, models: Sequence[str], variables: dict[str, Any]) -> Iterator[Rewound]:
        self.is_begun = True
        variables = variables | {"schema_prefix": self.prefix}
        run_dbt(self.target, self.folder, models, variables, self.folder / "none.duckdb")
        # Spark on this machine is one process at a time: it is opened once dbt has left it
        settings = duckdb_settings() | {"temp_directory": str(self.folder / "spill")}
        with (
            open_engine(self.target) as engine,
            duckdb.connect(config=settings) as connection,
        ):
            if not self.is_swept:
                sweep(engine, self.prefix)
                self.is_swept = True
            brought = self.folder / "brought"
            yield RewoundSchemas(engine, self.prefix, connection, brought)
            shutil.rmtree(brought, ignore_errors=True)

    def drop(self) -> None:
        """Drop the schemas. Where that cannot be, for whatever reason, the next evaluation does it:
        what was found, or the error that ended this one, is not lost by it.
        """
        if self.is_begun:
            with suppress(Exception), open_engine(self.target) as engine:
                drop_schemas(engine, [self.prefix])


def prefix_of(begun: datetime, where: str, process: int) -> str:
    """What the names of an evaluation's schemas begin with: when, and who made them."""
    return f"{PREFIX}{begun:{STAMP}}_{sha256(where.encode()).hexdigest()[:6]}_{process}_"


def is_forgotten(prefix: str) -> bool:
    """Whether the evaluation that made schemas is no more, as far as one can tell from here."""
    begun, where, process = prefix.removeprefix(PREFIX).strip("_").split("_")
    age = datetime.now(UTC) - datetime.strptime(begun, STAMP).replace(tzinfo=UTC)
    is_of_here = where == sha256(machine().encode()).hexdigest()[:6]
    return age > FORGOTTEN or (is_of_here and not is_alive(int(process)))


def sweep(engine: Engine, own: str) -> None:
    """Drop what evaluations that were killed have left."""
    found = (re.match(rf"{PREFIX}\d{{12}}_[0-9a-f]{{6}}_\d+_", name) for name in engine.schemas())
    prefixes = {match[0] for match in found if match} - {own}
    drop_schemas(engine, [prefix for prefix in prefixes if is_forgotten(prefix)])


def drop_schemas(engine: Engine, prefixes: Sequence[str]) -> None:
    """Drop the schemas whose names begin so."""
    if prefixes:
        for name in engine.schemas():
            if name.startswith(tuple(prefixes)):
                engine.drop_schema(name)
