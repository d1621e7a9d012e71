"""Scoring on Spark's workers: each takes some users with all their rows, and makes theirs.

The code goes to them with the job; numpy, pyarrow, LightGBM and threadpoolctl they must have.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from other_engines.spark import CAUSE, pattern, to_folder, told, words_of
from other_engines.spark_session import errors_in
from ranking.by_users import Score, scored

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CODE = Path(__file__).parent
TRACEBACK = "Traceback (most recent call last):"


class WorkersError(Exception):
    """Workers cannot score. The message is a sentence."""


class Workers:
    """The workers of a session of Spark. Raises WorkersError where there is none to be had.

    master: as spark-submit takes it; none: of the session that this process has, which knows the
    tables.
    """

    def __init__(self, master: str | None) -> None:
        from pyspark.sql import SparkSession

        self.knows_tables = master is None
        self._folder = tempfile.TemporaryDirectory(prefix="pingtop_workers_")
        builder = SparkSession.builder
        if master is not None:
            builder = builder.appName("pingtop").master(master)
        with tempfile.TemporaryFile("w+") as file:
            try:
                with errors_in(file), workers_errors():
                    self.session: SparkSession = builder.getOrCreate()
            except WorkersError as error:
                file.seek(0)
                # Java is not up yet, and then says by itself what is wrong
                found = CAUSE.search(said := file.read())
                why = f"{told(said)[1]}." if found else str(error).partition(": ")[2]
                raise WorkersError(f"Spark's workers cannot be reached: {why}") from error
        with workers_errors():
            self.session.sparkContext.addPyFile(str(zipped_code(Path(self._folder.name))))

    def score(self, rows: str | Path, score: Score, schema: pa.Schema, folder: Path) -> None:
        """Write what a function makes of each user's rows as Parquet files into the folder.

        rows: a table or view, or a folder of Parquet files, with user_key and ping_key. score: as
        ranking.by_users.scored_by_users has it.
        """
        from pyspark.sql.functions import col
        from pyspark.sql.pandas.types import from_arrow_schema

        with workers_errors():
            read = self.session.read
            found = read.table(rows) if isinstance(rows, str) else read.parquet(pattern(rows))
            # Python takes decimals one by one
            columns = [
                col(name).cast("double").alias(name) if kind.startswith("decimal") else col(name)
                for name, kind in found.dtypes
            ]
            by_user = found.select(columns).repartition("user_key")
            by_user.sortWithinPartitions("user_key", "ping_key").mapInArrow(
                partial(scored, score, schema), from_arrow_schema(schema)
            ).write.parquet(to_folder(folder))


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
        raise WorkersError(
            f"Spark's workers cannot score: {sentence_of(words_of(error))}."
        ) from error


def sentence_of(said: str) -> str:
    """What is wrong, without its full stop: the last line of a worker's traceback, or Java's."""
    lines = said.splitlines()
    traces = [number for number, line in enumerate(lines) if line.endswith(TRACEBACK)]
    if not traces:
        return told(said)[1]
    after = (line for line in lines[traces[-1] + 1 :] if line and not line.startswith(" "))
    return next(after, lines[0]).rstrip(".")
