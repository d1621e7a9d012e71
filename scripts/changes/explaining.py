"""What the tables of changes say of the newest windows, or of two spans of days by one query."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from changes.days import Span, cautions, check_spans
from common import (
    PROJECT,
    InputError,
    dbt_program,
    dbt_reason,
    named_rows,
    open_database,
)

TABLES = ("metric_change_summary", "metric_changes")
ORDER = {
    "metric_change_summary": "time_window, metric, dimension_rank",
    "metric_changes": "time_window, metric, dimension, is_rest, abs(effect) desc nulls last, value",
}
Rows = list[dict[str, Any]]


@dataclass
class Explanation:
    """The rows of both tables, and what to think of."""

    summary: Rows
    changes: Rows
    cautions: list[str] = field(default_factory=list)


def stored(database: Path, metric: str | None, dimension: str | None) -> Explanation:
    """What the warehouse has of the newest windows."""
    with _opened(database) as connection:
        return _asked(connection, dict(zip(TABLES, TABLES, strict=True)), metric, dimension)


def between(
    database: Path, before: Span, after: Span, metric: str | None, dimension: str | None
) -> Explanation:
    """What the models say of two spans: dbt compiles them to one query each over what is stored."""
    with _opened(database) as connection:
        log = _log_of(connection)
    check_spans(before, after, log)
    variables = {"explain_before": str(before), "explain_after": str(after)}
    with TemporaryDirectory(prefix="pingtop_explain_") as folder:
        queries = _compiled(database, Path(folder), variables)
    with _opened(database) as connection:
        sources = {name: f"({query.rstrip().rstrip(';')})" for name, query in queries.items()}
        found = _asked(connection, sources, metric, dimension)
    found.cautions = cautions(before, after, log)
    return found


def _opened(database: Path) -> duckdb.DuckDBPyConnection:
    if not database.is_file():
        raise InputError(f"there is no warehouse {database}: make build")
    return open_database(database, read_only=True)


def _log_of(connection: duckdb.DuckDBPyConnection) -> Span:
    try:
        row = connection.execute(
            "select cast(first_event_timestamp as date), cast(newest_event_timestamp as date) "
            "from intermediate.int_log_span"
        ).fetchone()
    except duckdb.CatalogException as error:
        raise InputError("the warehouse has no events yet: make build") from error
    if not row or row[0] is None:
        raise InputError("the log has no events: there are no days to compare.")
    return Span(*row)


def _asked(
    connection: duckdb.DuckDBPyConnection,
    sources: dict[str, str],
    metric: str | None,
    dimension: str | None,
) -> Explanation:
    """The rows of a metric and a dimension, or of all."""
    found = {}
    for name, source in sources.items():
        query = (
            f"from {source} where coalesce(metric = $metric, true) "
            f"and coalesce(dimension = $dimension, true) order by {ORDER[name]}"
        )
        try:
            given = {"metric": metric, "dimension": dimension}
            found[name] = named_rows(connection.execute(query, given))
        except duckdb.CatalogException as error:
            raise InputError("the warehouse has no tables of changes yet: make build") from error
    if not found["metric_change_summary"]:
        known = connection.execute(
            "select distinct metric, dimension from metric_change_summary order by all"
        ).fetchall()
        metrics, dimensions = (sorted({row[place] for row in known}) for place in (0, 1))
        raise InputError(
            f"there is no {metric or 'metric'} by {dimension or 'dimension'}: "
            f"metrics are {', '.join(metrics)}; dimensions are {', '.join(dimensions)}."
        )
    return Explanation(*(found[name] for name in TABLES))


def _compiled(database: Path, folder: Path, variables: dict[str, str]) -> dict[str, str]:
    """The query of each table for these days."""
    dbt = dbt_program()
    if dbt is None:
        raise InputError("dbt is not installed: make setup.")
    command = [dbt, "--no-use-colors", "--log-level", "error", "compile", "--select", *TABLES]
    command += ["--vars", json.dumps(variables), "--target", "duckdb"]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    command += ["--target-path", str(folder), "--log-path", str(folder)]
    environment = os.environ | {"PINGTOP_DATABASE": str(database.resolve())}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise InputError(f"dbt does not compile the query: {dbt_reason(done.stdout)}")
    files = {
        path.stem: path
        for path in folder.glob("compiled/pingtop/models/**/*.sql")
        if path.parent.suffix != ".yml"  # what a unit test gives in the place of a model
    }
    return {name: files[name].read_text(encoding="utf-8") for name in TABLES}
