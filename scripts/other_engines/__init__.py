"""What dbt builds elsewhere than in a DuckDB file: PostgreSQL, Spark by a session or by a server.

An engine is opened by the name of its target in profiles.yml. What it is asked for comes as rows,
or, where it may be large, as Parquet files, which are written piece by piece: no more than a piece
is in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from other_engines.engine import Engine, EngineError, NoTableError, not_installed

DUCKDB = "duckdb"  # the target that needs none of this
ENGINES = ("postgres", "spark", "spark_local")

__all__ = ["DUCKDB", "ENGINES", "Engine", "EngineError", "NoTableError", "open_engine"]


@contextmanager
def open_engine(target: str) -> Iterator[Engine]:
    """The engine of a target, as long as the block lasts."""
    if target not in ENGINES:
        raise EngineError(f"there is no engine {target}: name one of {', '.join(ENGINES)}.")
    # what an engine needs is installed only where it is used
    try:
        if target == "postgres":
            from other_engines.postgres import Postgres

            engine: Engine = Postgres(target)
        elif target == "spark":
            from other_engines.spark_server import SparkServer

            engine = SparkServer(target)
        else:
            from other_engines.spark_session import SparkHere

            engine = SparkHere(target)
    except ImportError as error:
        raise not_installed(target) from error
    try:
        yield engine
    finally:
        engine.close()
