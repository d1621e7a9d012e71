"""Scoring on Spark's workers: each takes some users with all their rows, and makes theirs.

The code goes to them with the job; their Python must have what requirements-ranking.txt and
requirements-spark.txt name.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from common import PROJECT
from other_engines.spark import CAUSE, pattern, to_folder, told, words_of
from other_engines.spark_session import errors_in
from ranking.by_users import Score, score_part

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CODE = PROJECT / "scripts" / "ranking"
TRACEBACK = "Traceback (most recent call last):"
ALL_SEE = (
    "name in PINGTOP_SPARK_EXCHANGE a folder that all machines of Spark and this one see as the "
    "same (docs/ranking.md)."
)
# what is said where a worker has no Python, or not what scoring needs
NO_PYTHON = ("ModuleNotFoundError", "Cannot run program", "PYTHON_VERSION_MISMATCH")


class WorkersError(Exception):
    """Workers cannot score. The message is a sentence."""


class Workers:
    """The workers of a session of Spark, which is started when they are first needed.

    master: as spark-submit takes it; none: of the session that this process has, which knows the
    tables. Raises WorkersError where there are none to be had, or where they cannot score.
    """

    def __init__(self, master: str | None) -> None:
        self.master, self.knows_tables = master, master is None

    def score(self, rows: str | Path, score: Score, schema: pa.Schema, folder: Path) -> None:
        """Write what a function makes of each user's rows as Parquet files into the folder.

        rows: a table or view, or a folder of Parquet files, with user_key and ping_key. score: as
        ranking.by_users.scored_by_users has it.
        """
        with workers_errors():
            from pyspark.sql import Observation
            from pyspark.sql.functions import col, count, lit
            from pyspark.sql.pandas.types import from_arrow_schema

            read = self.session.read
            found = read.table(rows) if isinstance(rows, str) else read.parquet(pattern(rows))
            # Python takes decimals one by one
            columns = [
                col(name).cast("double").alias(name) if kind.startswith("decimal") else col(name)
                for name, kind in found.dtypes
            ]
            by_user = found.select(columns).where("user_key is not null").repartition("user_key")
            made = by_user.sortWithinPartitions("user_key", "ping_key").mapInArrow(
                partial(score_part, score, schema), from_arrow_schema(schema)
            )
            written = Observation()
            rows_made = count(lit(1)).alias("rows")
            made.observe(written, rows_made).write.parquet(to_folder(folder))
        if (seen := rows_in(folder)) != written.get["rows"]:
            raise WorkersError(
                f"Of {written.get['rows']} rows that Spark's workers have written below "
                f"{folder.parent.parent}, {seen} are seen here: {ALL_SEE}"
            )

    @property
    def session(self) -> SparkSession:
        if isinstance(self._started, WorkersError):
            raise self._started
        return self._started

    @cached_property
    def _started(self) -> SparkSession | WorkersError:
        """The session, or why there is none: Java says it once."""
        from pyspark.sql import SparkSession

        self._folder = tempfile.TemporaryDirectory(prefix="pingtop_workers_")
        folder = Path(self._folder.name)
        try:
            if self.master is None:
                session = SparkSession.builder.getOrCreate()
            else:
                session = started(self.master, folder / "spark.log")
            with workers_errors():
                session.sparkContext.addPyFile(str(zipped_code(folder)))
        except WorkersError as error:
            return error
        return session

    def cancel(self) -> None:
        """End what they are doing, if anything."""
        started = self.__dict__.get("_started")
        if started is not None and not isinstance(started, WorkersError):
            started.sparkContext.cancelAllJobs()


def started(master: str, log: Path) -> SparkSession:
    """A session with the workers of a master. log: where its Java says what it has to say."""
    from pyspark.sql import SparkSession

    with log.open("w+") as file:
        try:
            with errors_in(file), workers_errors():
                return SparkSession.builder.appName("pingtop").master(master).getOrCreate()
        except WorkersError as error:
            file.seek(0)
            # Java is not up yet, and then says by itself what is wrong
            found = CAUSE.search(said := file.read())
            why = f"{told(said)[1]}." if found else str(error).partition(": ")[2]
            raise WorkersError(f"Spark's workers cannot be reached: {why}") from error


def rows_in(folder: Path) -> int:
    """The rows of the Parquet files in a folder."""
    return sum(pq.read_metadata(file).num_rows for file in folder.glob("*.parquet"))


def zipped_code(folder: Path) -> Path:
    """The modules that scoring loads, as Python loads them from an archive."""
    path = folder / "pingtop_ranking.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(CODE.parent / "common.py", "common.py")
        for module in sorted(CODE.glob("*.py")):
            archive.write(module, f"{CODE.name}/{module.name}")
    return path


@contextmanager
def workers_errors() -> Iterator[None]:
    """What fails on a worker comes as pages of Java's and Python's. Raises WorkersError."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError, OSError, ImportError) as error:
        why = reason_of(words_of(error))
        if any(words in why for words in NO_PYTHON):
            why += " (their Python is the one that PYSPARK_PYTHON names; see docs/ranking.md)"
        raise WorkersError(f"Spark's workers cannot score: {why}.") from error


def reason_of(said: str) -> str:
    """What is wrong, without its full stop: the last line of a worker's traceback, or Java's."""
    lines = said.splitlines()
    traces = [number for number, line in enumerate(lines) if line.endswith(TRACEBACK)]
    if not traces:
        return told(said)[1]
    after = (line for line in lines[traces[-1] + 1 :] if line and not line.startswith(" "))
    return next(after, lines[0]).rstrip(".")
