"""Spark in a process beside this one, as the target spark_local has it: it writes the Parquet."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from common import PROJECT, SECONDS_TO_END
from other_engines.engine import EngineError
from other_engines.profile import open_connection
from other_engines.spark import Spark, to_folder, words_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

EPOCH = datetime(1970, 1, 1)
# how Hive says that the catalogue, which takes one process at a time, is another's
IN_USE = ("SessionHiveMetaStoreClient", "already booted the database")


@contextmanager
def errors_in(file: IO[str]) -> Iterator[None]:
    """What this process, and Java which it starts, says on the error stream goes into a file."""
    sys.stderr.flush()
    kept = os.dup(2)
    os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class SparkHere(Spark):
    """A session of Spark, whose Java ends with it."""

    def __init__(self, target: str) -> None:
        self.on_interrupt = signal.getsignal(signal.SIGINT)  # which pyspark sets, and leaves so
        found = open_connection(target).credentials
        self.target, self.adapter = target, found.type
        self.database, self.schema = None, found.schema
        settings = found.server_side_parameters
        self.place = f"Spark in {settings.get('spark.sql.warehouse.dir', 'this process')}"
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession

        # what fails in a task, or as Java is gone, is none of pyspark's own
        self.kinds = (PySparkException, Py4JError, ConnectionError)
        builder = SparkSession.builder.enableHiveSupport()
        for name, value in settings.items():
            builder = builder.config(name, value)
        with tempfile.TemporaryFile("w+") as file:
            try:
                # paths in the profile count from the project's root, as they do for dbt
                with errors_in(file), chdir(PROJECT):
                    self.spark: SparkSession = builder.getOrCreate()
                    self.spark.sparkContext.setLogLevel("OFF")
                    self.spark.sql("show schemas").collect()
            except Exception as error:  # of pyspark, of py4j, or of neither
                self.close()
                if any(words in str(error) for words in IN_USE):
                    raise EngineError(
                        f"another process works with {self.place}, which takes one at a time: "
                        "wait until it has ended."
                    ) from error
                file.seek(0)
                said = [line.strip() for line in file if line.strip()] or [words_of(error)]
                raise EngineError(f"Spark does not start: {said[-1].rstrip('.')}.") from error

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self.kinds as error:
            raise self.error(error) from error

    def _asked(self, query: str) -> DataFrame:
        return self.spark.sql(query)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Moments are taken as numbers: pyspark would give them in the time zone of the machine."""
        from pyspark.sql.functions import col, unix_micros

        with self._told():
            asked = self._asked(query)
            moments = [kind == "timestamp" for _, kind in asked.dtypes]
            columns = [
                unix_micros(col(f"`{name}`")) if is_moment else col(f"`{name}`")
                for name, is_moment in zip(asked.columns, moments, strict=True)
            ]
            found = asked.select(*columns).collect()
        return [
            tuple(
                EPOCH + timedelta(microseconds=value) if is_moment and value is not None else value
                for value, is_moment in zip(row, moments, strict=True)
            )
            for row in found
        ]

    def run(self, statement: str) -> None:
        with self._told():
            self._asked(statement).collect()

    def write_parquet(self, query: str, folder: Path) -> None:
        with self._told():
            self._asked(query).write.parquet(to_folder(folder))

    def close(self) -> None:
        """End Java, too, which holds the catalogue."""
        from pyspark import SparkContext
        from pyspark.sql import SparkSession

        gateway = SparkContext._gateway
        if hasattr(self, "spark"):
            with suppress(Exception):  # it is gone already
                self.spark.stop()
        with suppress(ValueError):  # not the main thread, where pyspark sets nothing
            signal.signal(signal.SIGINT, self.on_interrupt)
        if gateway is not None:
            process = gateway.proc
            gateway.shutdown()
            process.stdin.close()
            try:
                process.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            SparkContext._gateway = SparkContext._jvm = None
            # which stopping leaves where Java is gone
            SparkContext._active_spark_context = SparkSession._instantiatedSession = None
