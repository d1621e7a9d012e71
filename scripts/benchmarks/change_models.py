"""The models of changes in memory: their SQL, as dbt compiles it, over events that are given.

Each log has a time window of its own there, so that many logs are one run. Nothing is built by dbt.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from common import PROJECT, InputError, dbt_program, dbt_reason, identifier

# in the order in which they depend on each other; int_change_spans is given
MODELS = {
    "int_scored_events": "intermediate",
    "int_log_span": "intermediate",
    "int_user_pings": "intermediate",
    "int_user_days": "intermediate",
    "int_searched_impressions": "intermediate",
    "int_impressions": "intermediate",
    "int_change_user_firsts": "intermediate",
    "int_change_part_counts": "intermediate",
    "int_change_user_counts": "intermediate",
    "int_change_totals": "intermediate",
    "int_change_user_values": "intermediate",
    "int_change_event_values": "intermediate",
    "int_change_values": "intermediate",
    "metric_changes": "main",
    "metric_change_summary": "main",
}
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


def compile_models(folder: Path) -> Path:
    """Have dbt compile the models into a folder, which takes a minute; where their SQL is then."""
    dbt = dbt_program()
    if dbt is None:
        raise InputError("dbt is not installed: make setup.")
    command = [dbt, "--log-level", "error", "compile", "--select", *MODELS, "--quiet"]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    command += ["--target-path", str(folder), "--log-path", str(folder)]
    environment = os.environ | {"PINGTOP_DATABASE": str(folder / "compile.duckdb")}
    environment |= {"PINGTOP_RAW_LOCATION": ""}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise InputError(f"dbt does not compile the models: {dbt_reason(done.stdout)}")
    return folder


def compiled_queries(target: Path) -> dict[str, str]:
    """The SQL of each model, from where dbt compiled the project into."""
    files = {
        path.stem: path
        for path in (target / "compiled" / "pingtop" / "models").rglob("*.sql")
        if path.parent.suffix != ".yml"  # what a unit test gives in the place of a model
    }
    return {name: files[name].read_text(encoding="utf-8") for name in MODELS}


@contextmanager
def changes_of(
    queries: Mapping[str, str], given: Mapping[str, pd.DataFrame]
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
        for name, schema in MODELS.items():
            kind = "view" if name in ("int_scored_events", "int_impressions") else "table"
            connection.execute(
                f"create {kind} {schema}.{identifier(name)} as {queries[name].rstrip().rstrip(';')}"
            )
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
