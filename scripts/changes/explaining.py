"""What the tables of changes say of the newest windows, or of two spans of days by one query."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from changes.days import Span, cautions, check_spans
from common import InputError, first_line, named_rows, open_database
from project.compiled_models import compile_models

SUMMARY, CHANGES = "metric_change_summary", "metric_changes"
TABLES = (SUMMARY, CHANGES)
SHORTEST_FIRST = "length(time_window), time_window"  # 1d, 7d, 28d
ORDER = {
    SUMMARY: f"{SHORTEST_FIRST}, metric, dimension_rank",
    CHANGES: f"{SHORTEST_FIRST}, metric, dimension, is_rest, abs(effect) desc nulls last, value",
}
VARIABLES = """
    select variables from raw.builds
    where variables is not null
    order by started_at desc
    limit 1
"""
OTHER_VERSION = (duckdb.CatalogException, duckdb.BinderException)
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
    """What the models say of two spans: dbt compiles them to one query each over what is stored.

    The warehouse is open only while it is asked, so that nobody waits for dbt.
    """
    with _opened(database) as connection:
        log = _log_of(connection)
        variables = _variables_of(connection)
    check_spans(before, after, log)
    variables |= {"explain_before": str(before), "explain_after": str(after)}
    queries = compile_models(TABLES, variables)
    with _opened(database) as connection:
        sources = {name: f"({query})" for (_, name), query in queries.items()}
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
    except OTHER_VERSION as error:
        raise InputError("the warehouse has no events yet: make build") from error
    if not row or row[0] is None:
        raise InputError("the log has no events: there are no days to compare.")
    return Span(*row)


def _variables_of(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Those that the build was given which made the tables of changes (see record_build)."""
    try:
        row = connection.execute(VARIABLES).fetchone()
    except OTHER_VERSION:  # built by an earlier version, which did not keep them
        row = None
    return json.loads(row[0]) if row else {}


def _asked(
    connection: duckdb.DuckDBPyConnection,
    sources: dict[str, str],
    metric: str | None,
    dimension: str | None,
) -> Explanation:
    """The rows of a metric and a dimension, or of all."""
    found = {}
    try:
        for name, source in sources.items():
            query = (
                f"from {source} where coalesce(metric = $metric, true) "
                f"and coalesce(dimension = $dimension, true) order by {ORDER[name]}"
            )
            given = {"metric": metric, "dimension": dimension}
            found[name] = named_rows(connection.execute(query, given))
        if not found[SUMMARY]:
            known = connection.execute(
                f"select distinct metric, dimension from {sources[SUMMARY]}"
            ).fetchall()
    except OTHER_VERSION as error:
        raise InputError(
            f"the warehouse lacks a table or column ({first_line(error)}): it was built in part, "
            "or by another version; build it anew with make build."
        ) from error
    if not found[SUMMARY]:
        metrics, dimensions = (sorted({row[place] for row in known}) for place in (0, 1))
        raise InputError(
            f"there is no {metric or 'metric'} by {dimension or 'dimension'}: "
            f"metrics are {', '.join(metrics)}; dimensions are {', '.join(dimensions)}."
        )
    return Explanation(*(found[name] for name in TABLES))
