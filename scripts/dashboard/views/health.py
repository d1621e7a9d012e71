"""Is the recommender well: the headline rates, their change, and their course by day."""

from __future__ import annotations

from collections.abc import Container, Sequence

from dashboard import daily_charts, formats
from dashboard.blocks import Block, Card, Cards, Column, Figure, Format, Heading, Note, Row, Table
from dashboard.views import SEGMENTS, WINDOWS, alerts, changes
from releases.release import Release

TITLE = "Health"
DAYS_SHOWN = 56

# hitrate_strategy is named, so that of a release from before it, the page says that it lacks it
NOW = """
    select *, hitrate_strategy
    from recommender_health
    where segment = ? and time_window = ?
"""
BEFORE = "from recommender_health_previous where segment = ? and time_window = ?"
DAILY = f"""
    from recommender_health_daily
    where date > (select max(date) from recommender_health_daily) - {DAYS_SHOWN}
    order by date, segment
"""


def change_of(now: float | None, before: Row | None, key: str) -> tuple[str | None, bool | None]:
    """The change against the window before in words, and whether the number rose."""
    if before is None or now is None or before[key] is None:
        return None, None
    difference = now - before[key]
    if key == "median_seconds_to_first_engagement":
        written = formats.seconds(abs(difference))
    elif key == "engagement_per_impression":
        written = formats.number(abs(difference))
    else:
        written = f"{100 * abs(difference):.1f} points"
    if float(written.split()[0].replace(",", "")) == 0:
        return "unchanged", None
    return f"{'up' if difference > 0 else 'down'} {written}", difference > 0


def cards(now: Row, before: Row | None, explained: Container[str]) -> list[Card]:
    """The six headline numbers. `before` is None where there is nothing to compare with.

    explained: the metrics of which the release says why they changed.
    """

    def card(label: str, key: str, value: str, detail: str, more_is_better: bool) -> Card:
        change, is_up = change_of(now[key], before, key)
        is_good = None if is_up is None else is_up == more_is_better
        why = key if before is not None and key in explained else None
        return Card(label, value, detail, change, is_good, why)

    whole = formats.count
    return [
        card(
            "Watch-through rate",
            "watch_through_rate",
            formats.percent(now["watch_through_rate"]),
            f"{whole(now['watched_through_views'])} of {whole(now['views'])} views",
            True,
        ),
        card(
            "Engagements per impression",
            "engagement_per_impression",
            formats.number(now["engagement_per_impression"]),
            f"{whole(now['engagements'])} for {whole(now['impressions'])} impressions",
            True,
        ),
        card(
            "Median time to first engagement",
            "median_seconds_to_first_engagement",
            formats.seconds(now["median_seconds_to_first_engagement"]),
            f"of {whole(now['engaged_impressions'])} engaged impressions",
            False,
        ),
        card(
            "No view within 24 h",
            "no_view_24h_rate",
            formats.percent(now["no_view_24h_rate"]),
            f"{whole(now['impressions_without_view_24h'])} of {whole(now['impressions'])} "
            "impressions",
            False,
        ),
        Card(
            "Catalogue recommended",
            formats.percent(now["item_coverage"]),
            f"{whole(now['recommended_pings'])} of {whole(now['catalogue_pings'])} pings; "
            "the same in every window",
        ),
        Card(
            "HitRate@10",
            formats.percent(now["hitrate_at_10"]),
            hitrate_detail(now),
        ),
    ]


def hitrate_detail(now: Row) -> str:
    """Whose HitRate it is, and of when."""
    strategy = now["hitrate_strategy"]
    if strategy is None:
        return "no lists are served"
    if now["hitrate_as_of"] is None:
        return f"no evaluation of {strategy} recorded yet"
    return f"of {strategy}, evaluated as of {formats.moment(now['hitrate_as_of'])}"


def daily_figure(
    rows: Sequence[Row],
    value: str,
    title: str,
    text: str,
    written: Format,
    axis: str,
    few: str | None = None,
) -> Figure:
    """A line per segment and day, with numbers as they are in the mart. few: what a rate is of."""
    rows = [
        row
        | {
            "low": row.get(f"{value}_low"),
            "high": row.get(f"{value}_high"),
            "is_few": few is not None and bool(row.get(f"is_few_{few}")),
        }
        for row in rows
    ]
    has_bounds = any(row["low"] is not None for row in rows)
    if has_bounds:
        text += f" Bands are 95% intervals; days of few {few} are faded."
    elif any(row["is_few"] for row in rows):
        text += f" Days of few {few} are faded."
    known = [row for row in rows if row[value] is not None and row["segment"] == "all"]
    span = "no day has a value"
    if known:
        least, most = (pick(known, key=lambda row: row[value]) for pick in (min, max))
        span = (
            f"for all users between {written(least[value])} on {formats.day(least['date'])} and "
            f"{written(most[value])} on {formats.day(most['date'])}"
        )
    columns = [
        Column("date", "day", formats.day),
        Column("segment", "segment", formats.text),
        Column(value, title.lower(), written, True),
        *([Column("low", "from", written, True)] if has_bounds else []),
        *([Column("high", "to", written, True)] if has_bounds else []),
        *([Column("is_few", "few", formats.yes)] if few else []),
        Column("is_provisional", "provisional", formats.yes),
    ]
    return Figure(
        title,
        text,
        daily_charts.daily_lines(rows, value, title.lower(), axis),
        f"Line chart of {title.lower()} by day, a line each for all, new and existing users: "
        f"{span}. Provisional days are dashed.",
        Table(f"{title} by day and segment", columns, rows),
    )


def now_blocks(
    release: Release, segment: str, window: str, explained: Container[str] = ()
) -> list[Block]:
    """The headline numbers; a note alone where there are none."""
    [now] = release.rows(NOW, [segment, window])
    previous = release.rows(BEFORE, [segment, window])
    before = previous[0] if previous and previous[0]["is_complete"] else None
    if not now["views"] and not now["impressions"]:
        return [
            Note(
                f"{SEGMENTS[segment]} have neither impressions nor views in this window: choose "
                "another segment or a longer window.",
                "empty",
            )
        ]
    if before is not None:
        compared = f"Changes are against the {WINDOWS[window]} before."
    elif window == "all":
        compared = "All days have no window before them to compare with."
    else:
        compared = f"The log does not reach back over the {WINDOWS[window]} before: no changes."
    return [
        Cards(cards(now, before, explained)),
        Note(
            f"{compared} Impressions of the newest 24 hours can still get their view, so the rate "
            "of impressions without one is too high for the last day."
        ),
    ]


def daily_blocks(release: Release) -> list[Block]:
    """The course of the rates by day."""
    daily = release.rows(DAILY)
    return [
        Heading("By day"),
        daily_figure(
            daily,
            "watch_through_rate",
            "Watch-through rate",
            "Views of at least 80% of the length, of all views."
            if release.manifest["variables"].get("watch_through_ratio") == 0.8
            else "Views watched through, of all views.",
            formats.percent,
            ".0%",
            "views",
        ),
        daily_figure(
            daily,
            "engagement_per_impression",
            "Engagements per impression",
            "Views, likes, comments, shares and what else counts as an engagement, for each "
            "impression of the day.",
            formats.number,
            ".1f",
            "impressions",
        ),
        daily_figure(
            daily,
            "no_view_24h_rate",
            "No view within 24 h",
            "Impressions that no view of the same user and ping followed within 24 hours.",
            formats.percent,
            ".0%",
            "impressions",
        ),
        daily_figure(
            daily,
            "active_users",
            "Active users",
            "Users with any event on the day.",
            formats.count,
            ",.0f",
        ),
    ]


def blocks(release: Release, segment: str = "all", window: str = "7d") -> list[Block]:
    """The page with nothing chosen: what is odd, the numbers, why the one that moved most did."""
    numbers = now_blocks(release, segment, window)
    if not any(isinstance(block, Cards) for block in numbers):
        return [*alerts.newest(release), *numbers]
    return [
        *alerts.newest(release),
        *numbers,
        *changes.section(release, window),
        *daily_blocks(release),
        *alerts.course(release),
    ]
