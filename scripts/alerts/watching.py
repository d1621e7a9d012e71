"""The alerts of a day, read from the warehouse, or from the current release while that is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from common import InputError, InUseError, Row, named_rows, open_database
from releases.release import open_release

# of the metrics that are judged of a day the day after, the newest day is one earlier
NEWEST = "is_newest_day"
OF_DAY = "day = cast(? as date)"
COUNTS = """
    select
        max(day) as day,
        count(*) as looked_at,
        count(judged_by) as judged
    from metric_baselines where {which}
"""
ALERTS = "from metric_alerts where {which} order by metric, segment, day"
DAYS = """
    select
        min(day) as first_day,
        max(day) as last_day,
        max(day) filter (where is_newest_day) as newest_day,
        coalesce(bool_or(day = cast(? as date)), false) as has_day,
        bool_or(is_provisional and metric = 'events' and day = cast(? as date)) as is_unfinished
    from metric_baselines
"""

Ask = Callable[[str, list[object]], list[Row]]


@dataclass(frozen=True)
class Watched:
    """A day as alerts see it.

    source: warehouse or release. judged: metrics (and segments) with a band, of looked_at.
    unfinished_day: the newest day of the log, where that is not over.
    """

    source: str
    day: date | None
    looked_at: int
    judged: int
    unfinished_day: date | None
    alerts: list[Row]

    def as_dict(self) -> Row:
        return dict(vars(self))


def watch(database: Path, releases: Path | str, day: date | None) -> Watched:
    """The alerts of a day, by default of the newest whole one."""
    if not database.is_file():
        release = open_release(releases)
        return watched("release", release.rows, day)
    try:
        with open_database(database, read_only=True) as connection:
            return watched(
                "warehouse", lambda sql, given: named_rows(connection.execute(sql, given)), day
            )
    except duckdb.CatalogException as error:
        raise InputError(f"{database} has no metric_alerts yet: make build.") from error
    except InUseError:
        return watched("release", open_release(releases).rows, day)


def watched(source: str, ask: Ask, day: date | None) -> Watched:
    """What the tables say."""
    [days] = ask(DAYS, [day, day])
    newest = days["newest_day"]
    if day is not None:
        check_day(day, days)
    which, given = (NEWEST, []) if day is None else (OF_DAY, [day])
    [counts] = ask(COUNTS.format(which=which), list(given))
    last = days["last_day"]
    is_unfinished = newest is not None and last > newest
    return Watched(
        source,
        counts["day"],
        counts["looked_at"],
        counts["judged"],
        last if is_unfinished and day is None else None,
        ask(ALERTS.format(which=which), list(given)),
    )


def check_day(day: date, days: Row) -> None:
    """Stop where a day cannot be judged."""
    first, last = days["first_day"], days["last_day"]
    if first is None:
        raise InputError("the log has no day that could be judged.")
    if not first <= day <= last:
        raise InputError(f"{day} is not in the log: name a day from {first} to {last}.")
    if not days["has_day"]:
        raise InputError(f"{day} has no events: the log paused for more than a week.")
    if days["is_unfinished"]:
        raise InputError(f"{day} is not over: the newest whole day is {days['newest_day']}.")


def sentences(found: Watched) -> list[str]:
    """What is said of it."""
    lines = []
    if found.source == "release":
        lines.append("The warehouse cannot be read: this is what the current release says.")
    if found.unfinished_day:
        lines.append(f"{found.unfinished_day} is not over: {found.day} is the newest whole day.")
    if found.day is None:
        return [*lines, "No day of the log can be judged."]
    known = f"{found.judged} of {found.looked_at} metrics"
    if not found.judged:
        few = "too few days or events are known (alert_least_days, alert_least_events)"
        return [*lines, f"{found.day}: nothing can be judged, as {few}."]
    if not found.alerts:
        return [*lines, f"{found.day}: nothing is odd, of {known} that can be judged."]
    count = "1 thing is odd" if len(found.alerts) == 1 else f"{len(found.alerts)} things are odd"
    lines.append(f"{found.day}: {count}, of {known} that can be judged.")
    return [*lines, *(f"- {alert['why']}" for alert in found.alerts)]
