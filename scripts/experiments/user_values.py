"""What each user did in a span of time, and before it: as an experiment over that span would see.

An experiment that has run has this in the warehouse (int_experiment_user_totals). This is the same
of any span, for what no experiment was run for: power, and splits that are drawn at random. A test
compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from common import project_variables
from experiments.metrics import METRICS, RETENTION_DAYS

if TYPE_CHECKING:
    import duckdb

# Numerator and denominator of each metric (none: a mean over users), as experiment_metrics.sql.
RATIOS = {
    "watch_through_rate": ("watched_through_views", "views"),
    "engagement_per_impression": ("engagements", "impressions"),
    "session_length_sec": ("session_sec", "sessions"),
}
COVARIATES = dict.fromkeys(RETENTION_DAYS, "active_days")
SESSION_COUNTS = {"sessions", "session_sec"}
TYPES = {
    "likes": "like", "shares": "share", "comments": "comment", "follows": "followcreator",
    "hides": "hide",
}  # fmt: skip

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Span:
    """The time of an experiment: from the start on, before the end; and the days before it."""

    start: datetime
    end: datetime
    pre_days: int


def parts_of(metric: str) -> tuple[str, str | None, str, str | None]:
    """Numerator, denominator, and the same of the pre-period: names of counts."""
    if metric in RETENTION_DAYS:
        return metric.replace("retention", "retained"), None, COVARIATES[metric], None
    numerator, denominator = RATIOS.get(metric, (metric.removesuffix("_per_user"), None))
    return numerator, denominator, numerator, denominator


def user_values(
    connection: duckdb.DuckDBPyConnection, span: Span, metrics: Sequence[str] = METRICS
) -> dict[str, Array]:
    """Columns over the users with an event in the span: user_key, and what parts_of names."""
    found = connection.execute(
        sql_of(metrics),
        {"start": span.start, "end": span.end, "pre_days": span.pre_days},
    ).fetchnumpy()
    # a column with nulls comes masked: a user whom a retention does not look at
    return {
        name: np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)
        for name, values in found.items()
    }


def metric_values(columns: dict[str, Array], metric: str) -> Array:
    """The four numbers of each user whom the metric looks at: numerator, denominator, and before.

    In the order of `moments.PARTS`; a row for each part.
    """
    numerator, denominator, pre_numerator, pre_denominator = parts_of(metric)
    ones = np.ones_like(columns[numerator])
    values = np.stack(
        [
            columns[numerator],
            columns[denominator] if denominator else ones,
            columns[f"pre_{pre_numerator}"],
            columns[f"pre_{pre_denominator}"] if pre_denominator else ones,
        ]
    )
    return values[:, ~np.isnan(values[0])]


def sql_of(metrics: Sequence[str]) -> str:
    """The query, with what these metrics need and no more; parameters: start, end, pre_days."""
    variables = project_variables()
    wanted = {name for metric in metrics for name in parts_of(metric) if name}
    cap = variables["max_watch_time_sec"]
    watched = "watch_time_sec" if cap is None else f"least(watch_time_sec, {cap})"
    through = f"watch_time_ratio + 5e-10 >= {variables['watch_through_ratio']}"
    counts = {
        "impressions": "count(*) filter (is_impression)",
        "views": "count(*) filter (is_view)",
        "watched_through_views": f"count(*) filter ({through})",
        "engagements": "count(*) filter (is_engagement)",
        "watch_time_sec": f"coalesce(sum({watched}) filter (is_view), 0)",
        "sessions": "count(*) filter (begins)",
        "session_sec": "coalesce(sum(gap_sec) filter (not begins), 0)",
        "active_days": "count(distinct event_date)",
        "distinct_pings": "count(distinct ping_key)",
        "distinct_creators": "count(distinct creator_key) filter (creator_key <> 0)",
    }
    for name, kind in TYPES.items():
        counts[name] = f"count(*) filter ({plain('event_type')} = '{kind}')"
    counted = {name: text for name, text in counts.items() if name in wanted}
    retained = {
        metric.replace("retention", "retained"): day
        for metric, day in RETENTION_DAYS.items()
        if metric in metrics
    }
    columns = [f"{text} as {name}" for name, text in counted.items()]
    columns += [
        f"max((event_date = first_date + {day})::int) as {name}" for name, day in retained.items()
    ]
    outer = [
        f"coalesce({prefix}.{name}, 0) as {'' if prefix == 'during' else 'pre_'}{name}"
        for prefix in ("during", "before")
        for name in counted
    ]
    outer += [
        f"case when during.first_date + {day + 1} <= $end then during.{name} end as {name}"
        for name, day in retained.items()
    ]
    gap = float(variables["session_timeout_minutes"]) * 60
    sessions = (
        f"gap_sec, gap_sec is null or gap_sec > {gap} as begins"
        if wanted & SESSION_COUNTS
        else "null as gap_sec, false as begins"
    )
    lag = (
        "epoch_us(event_timestamp - lag(event_timestamp) over (partition by user_key, is_pre "
        "order by event_timestamp)) / 1e6"
        if wanted & SESSION_COUNTS
        else "null"
    )
    creators = "distinct_creators" in wanted
    joined = "left join intermediate.int_pings as pings using (ping_key)" if creators else ""
    return f"""
        with events as (
            select
                events.*,
                {"pings.creator_key" if creators else "0 as creator_key"},
                event_timestamp < $start as is_pre,
                event_timestamp::date as event_date
            from intermediate.int_scored_events as events {joined}
            where
                event_timestamp >= $start::timestamp - to_days($pre_days::int)
                and event_timestamp < $end
        ),

        gaps as (
            select *, {lag} as gap_sec,
            min(event_date) over (partition by user_key, is_pre) as first_date
            from events
        ),

        told as (select * exclude (gap_sec), {sessions} from gaps),

        summed as (
            select user_key, is_pre, min(event_date) as first_date, {", ".join(columns)}
            from told group by user_key, is_pre
        )

        select during.user_key, {", ".join(outer)}
        from (from summed where not is_pre) as during
        left join (from summed where is_pre) as before using (user_key)
        order by during.user_key
    """


def plain(name: str) -> str:
    """An event type as it is compared: as the macro plain_event_type."""
    return f"replace(replace(replace(lower({name}), ' ', ''), '-', ''), '_', '')"
