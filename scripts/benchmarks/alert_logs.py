"""Logs to try alerts on: usual days, with what days usually differ by, and planted faults.

Each log is made in memory as the tables that the models of alerts read, as the intake would leave
them; no warehouse is built.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

FIRST_DAY = np.datetime64("2024-01-01")
DAY_US = 86_400_000_000
USERS, PINGS = 3_000, 800
WEEKDAYS = np.array([1.0, 0.96, 0.97, 1.0, 1.1, 1.3, 1.25])  # Monday first
TYPES = {  # of the events of a day
    "impression": 0.5, "view": 0.4, "like": 0.05, "click": 0.03, "share": 0.012, "comment": 0.008,
}  # fmt: skip
ENGAGEMENTS = ("view", "like", "share", "comment")
REPEATED, UNKNOWN_TYPE = 0.01, 0.002  # shares of rows that are delivered again, or are rejected

Rng = np.random.Generator


@dataclass(frozen=True)
class Fault:
    """What goes wrong on one day, and where it is to be seen."""

    name: str
    plant: Callable[[Rng, pd.DataFrame], pd.DataFrame]
    metric: str
    segment: str
    direction: str


def half_missing(rng: Rng, events: pd.DataFrame) -> pd.DataFrame:
    return events[rng.random(len(events)) < 0.5]


def nearly_all_missing(rng: Rng, events: pd.DataFrame) -> pd.DataFrame:
    return events[rng.random(len(events)) < 0.005]


def in_milliseconds(_: Rng, events: pd.DataFrame) -> pd.DataFrame:
    return events.assign(ratio=events["ratio"] * 1000)


def delivered_again(_: Rng, events: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([events, events.assign(reason="duplicate")])


def dead_type(_: Rng, events: pd.DataFrame) -> pd.DataFrame:
    return events[events["event_type"] != "share"]


def a_bot(rng: Rng, events: pd.DataFrame) -> pd.DataFrame:
    """One user with a tenth as many events as all others."""
    of_bot = events.sample(len(events) // 10, random_state=int(rng.integers(2**31)))
    return pd.concat([events, of_bot.assign(user_key=USERS)])


FAULTS = [
    Fault("half the events missing", half_missing, "events", "all", "low"),
    Fault("watch time in milliseconds", in_milliseconds, "views_above_length_share", "all", "high"),
    Fault("a repeated delivery", delivered_again, "rejected_share", "duplicate", "high"),
    Fault("a dead event type", dead_type, "events", "share", "low"),
    Fault("a bot", a_bot, "busiest_user_share", "all", "high"),
    # the last one is on the newest day of a log
    Fault("99.5 % of the events missing", nearly_all_missing, "events", "all", "low"),
]


def usual_day(rng: Rng, day: int, volume: float, drift: np.ndarray) -> pd.DataFrame:
    """The rows of a day: as many as usual, but for chance, and of everything about as much.

    drift: by how much each type is more than usual on this day, as a factor, and views are longer.
    """
    usual = volume * WEEKDAYS[day % 7] * np.exp(rng.normal(0, 0.05))
    size = int(rng.poisson(usual))
    shares = np.array(list(TYPES.values())) * drift[:-1]
    event_type = rng.choice(np.array(list(TYPES)), size, p=shares / shares.sum())
    hour = np.clip(rng.normal(0.62, 0.22, size) % 1, 0, 1 - 1e-9)
    is_view = event_type == "view"
    reason = rng.choice(
        np.array([None, "duplicate", "unknown event type"], dtype=object), size,
        p=[1 - REPEATED - UNKNOWN_TYPE, REPEATED, UNKNOWN_TYPE],
    )  # fmt: skip
    return pd.DataFrame(
        {
            "day": day,
            "user_key": (USERS * rng.random(size) ** 1.6).astype(np.int64),
            "ping_key": (PINGS * rng.random(size) ** 2).astype(np.int64),
            "event_type": event_type,
            "microsecond": (hour * DAY_US).astype(np.int64),
            "ratio": np.where(is_view, rng.lognormal(-0.5 + np.log(drift[-1]), 1.0, size), np.nan),
            "reason": reason,
        }
    )


def made_log(
    seed: int, days: int, volume: float, faults: dict[int, Fault], *, is_nightly: bool = False
) -> pd.DataFrame:
    """The rows of a log. faults: what goes wrong on which days. is_nightly: whether rows say that
    they were loaded in the night after their day; else they do not say when.
    """
    rng = np.random.default_rng(seed)
    growth = rng.uniform(-0.001, 0.004)  # a day
    parts = []
    for day in range(days):
        drift = np.exp(rng.normal(0, 0.04, len(TYPES) + 1))
        rows = usual_day(rng, day, volume * (1 + growth) ** day, drift)
        parts.append(faults[day].plant(rng, rows) if day in faults else rows)
    return pd.concat(parts, ignore_index=True).assign(is_nightly=is_nightly)


def load_log(connection: duckdb.DuckDBPyConnection, log: pd.DataFrame) -> None:
    """The tables that the models of alerts read, of a log in a file a day."""
    connection.register("made", log)
    connection.execute(f"""
        create or replace table log_rows as
        select
            * replace (case when event_type = 'view' then ratio end as ratio),
            date '{FIRST_DAY}' + to_days(cast(day as integer))
            + to_microseconds(microsecond) as event_timestamp,
            case
                when is_nightly
                    then date '{FIRST_DAY}' + to_days(cast(day as integer)) + interval 26 hours
            end as loaded_at
        from made
    """)
    connection.unregister("made")
    engagements = ", ".join(f"'{name}'" for name in ENGAGEMENTS)
    connection.execute(f"""
        create or replace table intermediate.int_scored_events as
        select
            cast(null as varchar) as event_id, user_key, ping_key, event_type,
            event_type = 'impression' as is_impression, event_type = 'view' as is_view,
            event_type in ({engagements}) as is_engagement, event_timestamp,
            loaded_at, 20 * ratio as watch_time_sec,
            ratio as watch_time_ratio
        from log_rows where reason is null;
        create or replace table intermediate.int_events as from intermediate.int_scored_events;
        create or replace table intermediate.int_interactions as
        select
            1 as file_number, if(reason is null, 'accepted', 'rejected') as outcome,
            reason as reject_reason, event_timestamp, loaded_at
        from log_rows;
        create or replace table intermediate.int_exposures as
        select *, 0.0 as dwell_time from intermediate.int_interactions limit 0;
        create or replace table intermediate.int_cohort_days as
        select
            cast(event_timestamp as date) as event_date, count(*) as n_events,
            count(*) filter (where is_impression) as impressions
        from intermediate.int_events group by all;
        create or replace table intermediate.int_date_bounds as
        select
            'event_timestamp' as dated, cast(null as timestamp) as first_future_timestamp,
            max(event_date) as agreed_day
        from intermediate.int_cohort_days
        where n_events > 0.01 * (select median(n_events) from intermediate.int_cohort_days);
        create or replace table intermediate.int_impression_days as
        select
            event_date, 'all' as segment,
            cast(round(impressions * (0.2 + (hash(event_date) % 100) / 5000)) as bigint)
                as impressions_without_view_24h
        from intermediate.int_cohort_days;
        create or replace table intermediate.int_log_span as
        select
            min(event_timestamp) as first_event_timestamp,
            max(event_timestamp) as newest_event_timestamp
        from intermediate.int_events;
        create or replace table intermediate.int_users as
        select
            range as user_key, if(range % 50 = 0, null, 'DE') as country,
            cast(null as varchar) as region, date '2023-12-01' as signup_date, 30 as age,
            cast(null as varchar) as blocklist
        from range({USERS + 1});
        create or replace table intermediate.int_pings as
        select
            range as ping_key, 'dance' as category, 'c' as creator_id, 'h' as main_hashtag,
            timestamp '2023-12-01 00:00:00' as created_at, range % 40 <> 0 as is_duration_known,
            0.5 as quality_score, cast(null as varchar) as region_restriction
        from range({PINGS});
        create or replace table intermediate.int_gate_files as
        select
            'interactions' as source_table, concat(event_date, '.parquet') as path,
            event_date as main_date, 23.0 as main_date_hours, true as holds_a_day
        from intermediate.int_cohort_days;
        create or replace table raw.files_read as
        select
            'interactions' as source_table, 'log.parquet' as path, 1 as bytes,
            cast(null as timestamp) as modified_at, 1 as batch_number, 1 as file_number;
        create or replace table raw.files_to_read as from raw.files_read limit 0;
    """)
