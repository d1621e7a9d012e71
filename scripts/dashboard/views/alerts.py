"""What is odd: numbers outside of what was expected of them, of the newest day and before."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import change_charts as charts
from dashboard import formats
from dashboard.blocks import Block, Column, Figure, Format, Heading, Note, Row, Table
from releases.release import Release

TABLES = ("metric_alerts", "metric_baselines")
OLDER = (
    "This release does not say what is odd: it was published by an earlier version. Build and "
    "publish anew with make build publish."
)
SENTENCES_SHOWN = 3
COURSES_SHOWN = 4
DAYS_SHOWN = 56

# the newest day of some metrics is one before that of the others
JUDGED = """
    select max(day) as day, count(*) as looked_at, count(judged_by) as judged
    from metric_baselines
    where is_newest_day
"""
NEWEST = """
    select * from metric_alerts
    where is_newest_day
    order by day desc, metric, segment
"""
PAST = f"""
    select * from metric_alerts
    where day > (select max(day) from metric_baselines) - {DAYS_SHOWN}
    order by day desc, metric, segment
"""
COURSE = f"""
    select * from metric_baselines
    where
        metric = ? and segment = ?
        and day > (select max(day) from metric_baselines) - {DAYS_SHOWN}
    order by day
"""


def knows(release: Release) -> bool:
    return set(TABLES) <= set(release.manifest["tables"])


def name_of(row: Row) -> str:
    """What a number is of: the metric, and the segment where it is not of all."""
    metric = row["metric"].replace("_", " ")
    return metric if row["segment"] == "all" else f"{metric} ({row['segment']})"


# how a number of a unit is written, and how an axis writes it
WRITTEN: dict[str, tuple[Format, str]] = {
    "count": (formats.count, "~s"),
    "share": (formats.percent, ".1%"),
    "ratio": (formats.significant, "~g"),
}


def written(row: Row) -> Row:
    """The row with its numbers as they are written in its unit."""
    form, _ = WRITTEN[row["unit"]]
    numbers = {key: form(row[key]) for key in ("value", "expected_low", "expected_high")}
    return row | numbers | {"name": name_of(row)}


def alert_table(caption: str, rows: Sequence[Row]) -> Table:
    return Table(
        caption,
        [
            Column("day", "day", formats.day),
            Column("name", "number", formats.text),
            Column("value", "value", formats.text, True),
            Column("expected_low", "expected from", formats.text, True),
            Column("expected_high", "to", formats.text, True),
            Column("direction", "too", formats.text),
            Column("why", "why", formats.text),
        ],
        [written(row) for row in rows],
        is_folded=True,
    )


def newest(release: Release) -> list[Block]:
    """What is odd on the newest day that can be judged, in sentences."""
    if not knows(release):
        return [Note(OLDER, "empty")]
    rows = release.rows(NEWEST)
    [judged] = release.rows(JUDGED)
    day, known = formats.day(judged["day"]), f"of {judged['looked_at']:,} numbers"
    if not judged["looked_at"]:
        return [Note("Whether something is odd cannot be said yet: no day is over.")]
    if not judged["judged"]:
        return [
            Note(
                f"Whether something is odd cannot be said yet: none {known} "
                "has enough days and events before to be judged by."
            )
        ]
    if not rows:
        known = f"{judged['judged']:,} {known} {'has' if judged['judged'] == 1 else 'have'}"
        return [
            Note(
                f"Nothing is odd on {day}: {known} enough days and events before to be judged by, "
                "and all of them are as usual."
            )
        ]
    found: list[Block] = [Note(row["why"], "warning") for row in rows[:SENTENCES_SHOWN]]
    left = len(rows) - SENTENCES_SHOWN
    if left > 0:
        found.append(Note(f"And {left:,} more on {day}, in the table."))
    return [*found, alert_table("What is odd on the newest day", rows)]


def course(release: Release) -> list[Block]:
    """What is odd on the newest day, by day in the band that was expected; and what was before."""
    if not knows(release):
        return []
    past = release.rows(PAST)
    if not past:
        return []
    found: list[Block] = [Heading("What is odd, by day")]
    shown = list(
        dict.fromkeys((row["metric"], row["segment"]) for row in past if row["is_newest_day"])
    )
    for metric, segment in shown[:COURSES_SHOWN]:
        found.append(course_figure(release.rows(COURSE, [metric, segment])))
    return [*found, alert_table(f"What was odd in the last {DAYS_SHOWN} days", past)]


def course_figure(rows: Sequence[Row]) -> Figure:
    """A number by day, with its band."""
    name = name_of(rows[-1])
    odd = [formats.day(row["day"]) for row in rows if row["is_alert"]]
    return Figure(
        name.capitalize(),
        "The band is what was usual by the days before; where there is none, too few were known.",
        charts.band(rows, name, WRITTEN[rows[0]["unit"]][1]),
        f"Line of {name} by day in the band that was expected; odd on "
        f"{', '.join(odd[-5:]) or 'no day'}.",
        Table(
            f"{name.capitalize()} by day, with what was expected",
            [
                Column("day", "day", formats.day),
                Column("value", "value", formats.text, True),
                Column("expected_low", "expected from", formats.text, True),
                Column("expected_high", "to", formats.text, True),
                Column("is_alert", "odd", formats.yes),
            ],
            [written(row) for row in rows],
        ),
    )
