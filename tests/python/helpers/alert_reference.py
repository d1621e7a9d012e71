"""What metric_baselines must hold for the log of alert_log.py, computed day by day in Python.

It shares no code with the models: each day looks at the days before it alone, one after the other.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from alert_log import FIRST_DAY, N_DAYS, TYPES, users_and_pings

DAY = timedelta(days=1)
COUNT, SHARE, RATIO = "count", "share", "ratio"
UNITS = {"events": COUNT, "active_users": COUNT, "engagement_per_impression": RATIO}
ENGAGEMENTS = ("view", "like", "share")
WATCHED_THROUGH = 0.8
FUTURE = "timestamp in the future"
NOTICEABLY = 0.1  # share of what arrives in an hour with which the log has reached a day


@dataclass(frozen=True)
class Settings:
    """The variables."""

    width: float = 5
    least_change: float = 0.1
    least_points: float = 0.01
    least_events: int = 100
    least_days: int = 14
    arrival_hours: float = 24
    user_least_events: int = 1000
    bounds: tuple[tuple[str, float], ...] = (
        ("rejected_share", 0.05),
        ("busiest_second_share", 0.5),
        ("busiest_user_share", 0.1),
    )


Series = dict[tuple[str, str], dict[date, tuple[int, int]]]


def with_outcomes(log: pd.DataFrame) -> pd.DataFrame:
    """The log with what becomes of each row, and the day that it is counted as arrived on."""
    log = log.copy()
    reasons: list[str | None] = []
    for row in log.itertuples():
        if not isinstance(row.user_id, str):
            reasons.append("missing id")
        elif row.event_type not in TYPES:
            reasons.append("unknown event type")
        elif pd.isna(row.event_timestamp):
            reasons.append("unparseable or missing event timestamp")
        elif row.watch_time_sec < 0:
            reasons.append("negative or non-finite watch time")
        elif row.event_timestamp.date() > FIRST_DAY + N_DAYS * DAY:
            reasons.append(FUTURE)
        else:
            reasons.append(None)
    log["reason"] = reasons
    good = log[log["reason"].isna()]
    # of all that have one event_id, the first that arrived; here they are at one moment
    order = good.assign(arrived=good["loaded_at"].fillna(pd.Timestamp.max)).sort_values(
        ["event_id", "arrived"], kind="stable"
    )
    log.loc[order.index[order["event_id"].duplicated()], "reason"] = "duplicate"
    own = log["event_timestamp"].dt.date.where(log["reason"] != FUTURE)
    of_file = log["file"].map(lambda number: FIRST_DAY + int(number) * DAY)
    arrival = reached_days(log)
    log["arrival"] = arrival.where(arrival.notna(), own.where(own.notna(), of_file))
    return log


def reached_days(log: pd.DataFrame) -> pd.Series:
    """The day that each row arrived on, or an earlier one that the log had reached by then."""
    hours = log["loaded_at"].dt.floor("h")
    reached: dict[pd.Timestamp, date] = {}
    newest = date.min
    for hour in sorted(hours.dropna().unique()):
        arrived = log[(hours == hour) & log["reason"].isna()]
        days = Counter(arrived["event_timestamp"].dt.date)
        newest = max([newest, *(day for day, n in days.items() if n >= NOTICEABLY * len(arrived))])
        reached[hour] = min(newest, hour.date()) if newest > date.min else hour.date()
    return hours.map(reached)


def counted(log: pd.DataFrame, settings: Settings) -> tuple[Series, date]:
    """The numerator and n of each series and day; and the newest day."""
    users, pings = users_and_pings()
    users, pings = users.set_index("user_id"), pings.set_index("ping_id")
    lengths = pd.to_numeric(pings["duration_sec"])
    lengths = lengths.fillna(lengths.median())
    rows = with_outcomes(log)
    accepted = rows[rows["reason"].isna()].copy()
    accepted["day"] = accepted["event_timestamp"].dt.date
    newest = max(accepted["day"])
    days = [FIRST_DAY + number * DAY for number in range((newest - FIRST_DAY).days + 1)]
    series: Series = {}

    def put(metric: str, segment: str, day: date, numerator: float, n: float | None = None) -> None:
        if n is None or n > 0:
            whole = int(numerator)
            series.setdefault((metric, segment), {})[day] = (whole, whole if n is None else int(n))

    seen_types: set[str] = set()
    reasons = rows["reason"].dropna().unique()
    views = accepted[accepted["event_type"] == "view"]
    views_of_pairs = views.groupby(["user_id", "ping_id"])["event_timestamp"].apply(list).to_dict()
    for day in days:
        midnight = pd.Timestamp(day + DAY)
        of_day = accepted[accepted["day"] == day]
        limit = midnight + pd.Timedelta(hours=settings.arrival_hours)
        events = of_day[of_day["loaded_at"].isna() | (of_day["loaded_at"] < limit)]
        types = Counter(events["event_type"])
        viewed = events[events["event_type"] == "view"]
        length = viewed["ping_id"].map(lengths).fillna(30.0)
        ratio = viewed["watch_time_sec"].fillna(0) / length
        n_views, n_events = len(viewed), len(events)
        put("watch_through_rate", "all", day, (ratio >= WATCHED_THROUGH).sum(), n_views)
        put("views_above_length_share", "all", day, (ratio > 1).sum(), n_views)
        put("views_of_zero_share", "all", day, (viewed["watch_time_sec"] == 0).sum(), n_views)
        put("null_share", "watch_time_sec", day, viewed["watch_time_sec"].isna().sum(), n_views)
        engaged = sum(types[name] for name in ENGAGEMENTS)
        put("engagement_per_impression", "all", day, engaged, types["impression"])
        put("events", "all", day, n_events)
        put("active_users", "all", day, events["user_id"].nunique())
        seen_types |= set(types)
        for name in seen_types:
            put("events", name, day, types[name])
        put("null_share", "event_id", day, 0, n_events)
        put("null_share", "loaded_at", day, events["loaded_at"].isna().sum(), n_events)
        for table, attributes, key in (("users", users, "user_id"), ("pings", pings, "ping_id")):
            for name in attributes.columns:
                missing = ~events[key].isin(attributes.index[attributes[name].notna()])
                put("null_share", f"{table}.{name}", day, missing.sum(), n_events)
        put("null_share", "users.region", day, n_events, n_events)
        if n_events:
            seconds = Counter(events["event_timestamp"])
            put("busiest_second_share", "all", day, max(seconds.values()), n_events)
            busiest = max(Counter(events["user_id"]).values())
            put("busiest_user_share", "all", day, busiest, n_events)
        impressions = of_day[of_day["event_type"] == "impression"]
        alone = 0
        for one in impressions.itertuples():
            seen = views_of_pairs.get((one.user_id, one.ping_id), [])
            alone += not any(timedelta(0) <= at - one.event_timestamp <= DAY for at in seen)
        put("no_view_24h_rate", "all", day, alone, len(impressions))
        arrived = rows[rows["arrival"] == day]
        known = arrived[arrived["reason"].isna() & arrived["loaded_at"].notna()]
        late = (known["loaded_at"] - known["event_timestamp"]) > DAY
        put("late_share", "all", day, late.sum(), len(known))
        for reason in reasons:
            put("rejected_share", reason, day, (arrived["reason"] == reason).sum(), len(arrived))
    return series, newest


def scaled(unit: str, numerator: float, n: float) -> float:
    if unit == COUNT:
        return math.log(numerator + 0.5)
    if unit == SHARE:
        return math.asin(math.sqrt(numerator / n))
    return math.log((numerator + 0.5) / (n + 0.5))


def unscaled(unit: str, place: float) -> float:
    if unit == COUNT:
        return max(math.exp(place) - 0.5, 0)
    if unit == SHARE:
        return math.sin(min(max(place, 0), math.pi / 2)) ** 2
    return math.exp(place)


def chance(unit: str, expected: float, n: float) -> float:
    """The standard deviation that chance alone gives."""
    if unit == COUNT:
        return 1 / math.sqrt(max(expected, 1))
    if unit == SHARE:
        return 0.5 / math.sqrt(max(n, 1))
    return math.sqrt((1 + 1 / max(expected, 1 / max(n, 1))) / max(n, 1))


def judged_series(
    metric: str, segment: str, values: dict[date, tuple[int, int]], newest: date, settings: Settings
) -> list[dict[str, Any]]:
    """The rows of one metric and segment, day after day."""
    unit = UNITS.get(metric, SHARE)
    lag = 1 if metric == "no_view_24h_rate" else 0
    bound = dict(settings.bounds).get(metric) if segment != "duplicate" else None
    places: dict[date, float] = {}
    deviations: dict[date, float] = {}
    errors: dict[date, float] = {}
    rows = []
    for day in sorted(values):
        numerator, n = values[day]
        value = numerator if unit == COUNT else numerator / n
        before = [day - number * DAY for number in range(1, 57)]
        week = [places[past] for past in before[:7] if past in places]
        level = float(np.median(week)) if week else None
        weekday = [deviations[past] for past in before[6::7] if past in deviations]
        forecast = None
        is_weekday_known = len(weekday) >= 4
        if level is not None and len(week) >= 4:
            forecast = level + (float(np.median(weekday)) if is_weekday_known else 0)
        past_errors = [abs(errors[past]) for past in before if past in errors]
        month = [values[past][0] for past in before[:28] if past in values]
        row: dict[str, Any] = {"day": day, "metric": metric, "segment": segment, "unit": unit}
        row |= {"value": float(value), "numerator": numerator, "n": n, "judged_by": None}
        row |= {"expected": None, "expected_low": None, "expected_high": None, "is_alert": False}
        row["is_newest_day"] = day == newest - lag * DAY
        row["is_provisional"] = day > newest - lag * DAY
        expected = None if forecast is None else unscaled(unit, forecast)
        usual = None if level is None else unscaled(unit, level)
        few = n if unit != COUNT else max(n, expected or 0)
        least = settings.user_least_events if metric == "busiest_user_share" else (
            settings.least_events
        )  # fmt: skip
        if row["is_provisional"]:
            pass
        elif segment == FUTURE and numerator and 2 * sum(n > 0 for n in month) <= len(month):
            row |= {"judged_by": "clock", "is_alert": True}
            row |= {"expected": 0.0, "expected_low": 0.0, "expected_high": 0.0}
        elif (
            metric == "events" and numerator == 0 and len(month) >= settings.least_days
            and min(month) > 0 and usual is not None and usual >= 10
        ):  # fmt: skip
            row |= {
                "judged_by": "silence",
                "expected": usual,
                "expected_low": 1.0,
                "is_alert": True,
            }
        elif (
            forecast is not None and len(past_errors) >= settings.least_days
            and few >= settings.least_events
        ):  # fmt: skip
            assert expected is not None
            spread = max(1.4826 * float(np.median(past_errors)), chance(unit, expected, n))
            half = settings.width * spread
            if not is_weekday_known:
                half = max(half, *past_errors)
            low, high = unscaled(unit, forecast - half), unscaled(unit, forecast + half)
            if unit == SHARE:
                low = min(low, max(expected - settings.least_points, 0))
                high = max(high, min(expected + settings.least_points, 1))
            else:
                low = min(low, expected * (1 - settings.least_change))
                high = max(high, expected * (1 + settings.least_change))
            row |= {
                "judged_by": "band",
                "expected": expected,
                "expected_low": low,
                "expected_high": high,
            }
            row["is_alert"] = value < low - 1e-9 or value > high + 1e-9
        elif bound is not None and n >= least and (usual is None or usual < bound):
            row |= {"judged_by": "bound", "expected_low": 0.0, "expected_high": bound}
            row["is_alert"] = value > bound
        rows.append(row)
        if unit == COUNT or n >= settings.least_events:
            places[day] = scaled(unit, numerator, n)
            if level is not None and len(week) >= 4:
                deviations[day] = places[day] - level
                errors[day] = places[day] - forecast
    if metric == "rejected_share":
        first = min(day for day, (numerator, _) in values.items() if numerator)
        rows = [row for row in rows if row["day"] >= first]
    return rows


def reference_baselines(log: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The table metric_baselines."""
    series, newest = counted(log, settings)
    rows = [
        row
        for (metric, segment), values in series.items()
        for row in judged_series(metric, segment, values, newest, settings)
    ]
    return pd.DataFrame(rows)
