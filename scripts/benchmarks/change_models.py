"""The models of changes in memory: their SQL, as dbt compiles it, over events that are given.

Each log has a time window of its own there, so that many logs are one run. Nothing is built by dbt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb
import pandas as pd

from common import PROJECT, identifier
from project.compiled_models import Compiled

# int_change_spans is given
MODELS = (
    "int_scored_events",
    "int_log_span",
    "int_user_pings",
    "int_user_days",
    "int_searched_impressions",
    "int_impressions",
    "int_change_user_firsts",
    "int_change_part_counts",
    "int_change_user_counts",
    "int_change_totals",
    "int_change_user_values",
    "int_change_event_values",
    "int_change_values",
    "metric_changes",
    "metric_change_summary",
)
GIVEN = {
    "stg_event_weights": "staging",
    "int_users": "intermediate",
    "int_pings": "intermediate",
    "int_events": "intermediate",
    "int_change_spans": "intermediate",
}
TAKE_BACKS = """
    create table intermediate.int_take_backs (
        user_key integer, ping_key integer, event_type_key integer, event_timestamp timestamp,
        score double
    )
"""


@contextmanager
def changes_of(
    queries: Compiled, given: Mapping[str, pd.DataFrame]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with the tables that the models make of what is given (see GIVEN)."""
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        for schema in ("staging", "intermediate"):
            connection.execute(f"create schema {schema}")
        for name, schema in GIVEN.items():
            connection.register("given", given[name])
            connection.execute(f"create table {schema}.{identifier(name)} as from given")
            connection.unregister("given")
        connection.execute(TAKE_BACKS)
        for (schema, name), query in queries.items():
            kind = "view" if name in ("int_scored_events", "int_impressions") else "table"
            connection.execute(f"create {kind} {schema}.{identifier(name)} as {query}")
        yield connection


def spans_of(windows: pd.DataFrame) -> pd.DataFrame:
    """What int_change_spans has of windows, which have a name, and the days before and after.

    windows: time_window, before_from, before_to, after_from, after_to; they do not overlap, and
    those of one window follow on each other.
    """
    rows = [
        (row.time_window, is_after, *span)
        for row in windows.itertuples(index=False)
        for is_after, span in (
            (False, (row.before_from, row.before_to)),
            (True, (row.after_from, row.after_to)),
        )
    ]
    spans = pd.DataFrame(rows, columns=["time_window", "is_after", "starts_at", "ends_at"])
    spans["part"] = spans["starts_at"].rank(ascending=False).astype("int32") - 1
    spans["part_starts_at"], spans["part_ends_at"] = spans["starts_at"], spans["ends_at"]
    spans["earliest_part"] = spans.groupby("time_window")["part"].transform("max")
    return spans


def event_weights() -> pd.DataFrame:
    """What stg_event_weights has of the project's types."""
    weights = pd.read_csv(PROJECT / "seeds" / "event_weights.csv").sort_values("event_type")
    weights["event_type_key"] = range(1, len(weights) + 1)
    weights["event_type_key"] = weights["event_type_key"].astype("int32")
    weights["relevance_grade"] = weights["relevance_grade"].fillna(0.0)
    weights["takes_back"] = pd.array([None] * len(weights), dtype="string")
    return weights


def events_of(rows: pd.DataFrame) -> pd.DataFrame:
    """What int_events has of rows with keys, event_type, event_timestamp and watch_time_sec."""
    weights = event_weights().set_index("event_type")
    events = rows.drop(columns="event_type")
    kinds = rows["event_type"]
    events["event_type_key"] = kinds.map(weights["event_type_key"]).astype("int32")
    events["is_impression"] = kinds.eq("impression").to_numpy()
    events["is_view"] = kinds.eq("view").to_numpy()
    events["is_engagement"] = kinds.map(weights["is_engagement"]).astype(bool).to_numpy()
    events["event_id"] = pd.array([None] * len(rows), dtype="string")
    events["loaded_at"] = pd.NaT
    return events
