"""New and existing users: who they are, what they do, whether they come back."""

from __future__ import annotations

from dashboard import charts, daily_charts, formats
from dashboard.blocks import Block, Card, Cards, Column, Figure, Heading, Note, Row, Table
from releases.release import Release

TITLE = "New and existing users"
DAYS_SHOWN = 56

COHORTS = "from cohort_metrics order by is_new desc"
DAILY = f"""
    select date, segment, active_users, is_provisional
    from recommender_health_daily
    where
        segment <> 'all'
        and date > (select max(date) from recommender_health_daily) - {DAYS_SHOWN}
    order by date, segment
"""
RETENTION = f"""
    from retention_daily
    where date > (select max(date) from retention_daily) - {DAYS_SHOWN}
    order by date
"""

RETENTION_SERIES = {"d1_retention": "after 1 day", "d7_retention": "after 7 days"}
ACTIVE_SERIES = {"mau": "28 days", "wau": "7 days", "active_users": "1 day"}


def cohort_cards(cohorts: list[Row]) -> Cards:
    cards = []
    for row in cohorts:
        name = "New users" if row["is_new"] else "Existing users"
        cards += [
            Card(name, formats.count(row["user_count"]), "registered, with or without events"),
            Card(
                f"Mean watch ratio, {name.lower()}",
                formats.number(row["avg_watch_time_ratio"]),
                f"over {formats.count(row['view_count'])} views",
            ),
            Card(
                f"Pings interacted with, {name.lower()}",
                formats.number(row["avg_pings_interacted"]),
                "per user; those with none count 0",
            ),
        ]
    return Cards(cards)


def long(rows: list[Row], series: dict[str, str]) -> list[Row]:
    """One row per day and series. Of the days, the newest is not over yet."""
    return [
        {
            "date": row["date"],
            "series": name,
            "value": row[key],
            "low": row.get(f"{key}_low"),
            "high": row.get(f"{key}_high"),
            "is_few": key in RETENTION_SERIES and bool(row.get("is_few_new_users")),
            "is_provisional": row["is_provisional"] and key not in RETENTION_SERIES,
        }
        for row in rows
        for key, name in series.items()
    ]


def segment_figure(daily: list[Row]) -> Figure:
    newest = daily[-1]["date"]
    last = {row["segment"]: row["active_users"] for row in daily if row["date"] == newest}
    columns = [
        Column("date", "day", formats.day),
        Column("segment", "segment", formats.text),
        Column("active_users", "active users", formats.count, True),
    ]
    return Figure(
        "Active users by segment",
        "Registered users with any event on the day.",
        daily_charts.daily_lines(
            daily,
            "active_users",
            "active users",
            ",.0f",
            charts.SEGMENTS[1:],
            charts.SEGMENT_COLOURS[1:],
        ),
        f"Line chart of active new and existing users by day. On {formats.day(newest)}: "
        + ", ".join(f"{formats.count(users)} {segment}" for segment, users in last.items())
        + ".",
        Table("Active users by day and segment", columns, daily),
    )


def activity_figure(retention: list[Row]) -> Figure:
    last = retention[-1]
    columns = [
        Column("date", "day", formats.day),
        Column("active_users", "1 day", formats.count, True),
        Column("wau", "7 days", formats.count, True),
        Column("mau", "28 days", formats.count, True),
        Column("new_users", "first seen", formats.count, True),
        Column("is_provisional", "provisional", formats.yes),
    ]
    return Figure(
        "Active users of 1, 7 and 28 days",
        "Users with any event in the days that end with each day. Early days are low because the "
        "log begins there.",
        daily_charts.daily_lines(
            long(retention, ACTIVE_SERIES),
            "value",
            "users",
            ",.0f",
            list(ACTIVE_SERIES.values()),
            (charts.GREY, charts.ORANGE, charts.BLUE),
            "series",
        ),
        f"Three lines by day. On {formats.day(last['date'])}: {formats.count(last['mau'])} users "
        f"in 28 days, {formats.count(last['wau'])} in 7, {formats.count(last['active_users'])} on "
        "the day.",
        Table("Users active in 1, 7 and 28 days", columns, retention),
    )


def retention_figure(retention: list[Row]) -> Figure:
    known = {
        name: sum(row[key] is not None for row in retention)
        for key, name in RETENTION_SERIES.items()
    }
    columns = [
        Column("date", "first seen on", formats.day),
        Column("new_users", "users", formats.count, True),
        Column("d1_users", "back after 1 day", formats.count, True),
        Column("d1_retention", "share", formats.percent, True),
        Column("d7_users", "back after 7 days", formats.count, True),
        Column("d7_retention", "share", formats.percent, True),
        Column("is_few_new_users", "few", formats.yes),
    ]
    return Figure(
        "Retention",
        "Of the users first seen on a day, those with an event exactly 1 and 7 days later, where "
        "that day is over. Bands are 95% intervals; days of few users are faded.",
        daily_charts.daily_lines(
            long(retention, RETENTION_SERIES),
            "value",
            "share of users",
            ".0%",
            list(RETENTION_SERIES.values()),
            (charts.BLUE, charts.ORANGE),
            "series",
        ),
        "Line chart of the share of users who come back, by the day they were first seen: "
        + ", ".join(f"{days} days known {name}" for name, days in known.items())
        + ".",
        Table(
            "Retention by first day",
            columns,
            [{"is_few_new_users": None} | row for row in retention],
        ),
    )


def new_figure(retention: list[Row]) -> Figure:
    most = max(retention, key=lambda row: row["new_users"])
    columns = [
        Column("date", "day", formats.day),
        Column("new_users", "users first seen", formats.count, True),
    ]
    rows = [row | {"series": "first seen"} for row in retention]
    return Figure(
        "Users first seen",
        "Users whose first event of the log is on the day: on the log's first days most are not "
        "new to the app.",
        daily_charts.daily_lines(
            rows, "new_users", "users", ",.0f", ["first seen"], (charts.BLUE,), "series"
        ),
        f"Line chart of users first seen by day, most on {formats.day(most['date'])}: "
        f"{formats.count(most['new_users'])}.",
        Table("Users first seen by day", columns, retention),
    )


def blocks(release: Release) -> list[Block]:
    cohorts = release.rows(COHORTS)
    retention = release.rows(RETENTION)
    daily = release.rows(DAILY)
    if not retention:
        return [cohort_cards(cohorts), Note("There is no event yet.", "empty")]
    figures = [activity_figure(retention), retention_figure(retention), new_figure(retention)]
    if daily:
        figures.insert(0, segment_figure(daily))
    return [cohort_cards(cohorts), Heading("By day"), *figures]
