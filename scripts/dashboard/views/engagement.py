"""How far pings are watched, and how soon an impression leads to something."""

from __future__ import annotations

from dashboard import charts, formats
from dashboard.blocks import Block, Column, Figure, Note, Row, Table
from dashboard.views import SEGMENTS, WINDOWS
from releases.release import Release

TITLE = "Engagement"

CURVE = "from watch_through_curve order by segment, watch_time_ratio"
STATS = "from watch_time_ratio_stats"
DELAYS = "from first_engagement_delays order by segment, delay_group"
RATES = "from recommender_health"


def ratio_histogram(curve: list[Row], segment: str) -> Figure:
    rows = [row for row in curve if row["segment"] == segment]
    starts = [row["watch_time_ratio"] for row in rows]
    for row, end in zip(rows, [*starts[1:], None], strict=True):
        row["bin_end"] = end
    fullest = max(rows, key=lambda row: row["views_in_bin"])
    columns = [
        Column("watch_time_ratio", "from", formats.number, True),
        Column("bin_end", "to", formats.number, True),
        Column("views_in_bin", "views", formats.count, True),
    ]
    return Figure(
        "Watch ratio",
        f"{SEGMENTS[segment]}: views by the share of the length that was watched; above 1 the "
        "ping looped. The last bar holds all longer ones.",
        charts.histogram(
            rows, "watch_time_ratio", "bin_end", "views_in_bin", "watch time / length"
        ),
        f"Histogram of the watch ratio of {formats.count(rows[0]['views'])} views. The fullest bin "
        f"begins at {fullest['watch_time_ratio']:.1f} with "
        f"{formats.count(fullest['views_in_bin'])} views.",
        Table("Views by watch ratio", columns, rows),
    )


def reach_curve(curve: list[Row]) -> Figure:
    half = {
        row["segment"]: row["share_reaching"] for row in curve if row["watch_time_ratio"] == 0.5
    }
    columns = [
        Column("segment", "segment", formats.text),
        Column("watch_time_ratio", "watched at least", formats.number, True),
        Column("views_reaching", "views", formats.count, True),
        Column("views", "of views", formats.count, True),
        Column("share_reaching", "share", formats.percent, True),
    ]
    return Figure(
        "Watch-through curve",
        "Share of the views that reach each point of the ping.",
        charts.share_curves(
            curve, "watch_time_ratio", "share_reaching", "watch time / length", "share of views"
        ),
        "Falling lines for all, new and existing users. Half of the length is reached by "
        + ", ".join(f"{formats.percent(share)} ({segment})" for segment, share in half.items())
        + " of the views.",
        Table("Share of views that reach each point", columns, curve),
    )


def delay_label(row: Row) -> str:
    if row["up_to_seconds"] == 0:
        return "at once"
    if row["up_to_seconds"] is not None:
        return f"≤ {formats.whole_seconds(row['up_to_seconds'])}"
    return "later" if row["impressions_engaged_by_then"] is not None else "never"


def delay_figure(delays: list[Row], segment: str) -> Figure:
    rows = [row | {"delay": delay_label(row)} for row in delays if row["segment"] == segment]
    never = rows[-1]
    columns = [
        Column("delay", "delay", formats.text),
        Column("impressions_in_group", "impressions", formats.count, True),
        Column("impressions_engaged_by_then", "engaged by then", formats.count, True),
        Column("engaged_by_then_rate", "share of impressions", formats.percent, True),
    ]
    return Figure(
        "Time to first engagement",
        f"{SEGMENTS[segment]}: impressions by the time to their first view, like, comment or "
        "share. Each bar leaves out the ones above.",
        charts.ranked_bars(rows, "delay", "impressions_in_group", "impressions", "~s"),
        f"Bar chart of {formats.count(never['impressions'])} impressions by the time to their "
        f"first engagement; {formats.count(never['impressions_in_group'])} have none.",
        Table("Impressions by time to first engagement", columns, rows),
    )


def cohort_figure(rates: list[Row]) -> Figure:
    order = list(WINDOWS)
    rows = sorted(rates, key=lambda row: (order.index(row["time_window"]), row["segment"]))
    rows = [row | {"window": WINDOWS[row["time_window"]]} for row in rows]
    everything = {row["segment"]: row for row in rows if row["time_window"] == "all"}
    columns = [
        Column("window", "window", formats.text),
        Column("segment", "segment", formats.text),
        Column("watched_through_views", "watched through", formats.count, True),
        Column("views", "views", formats.count, True),
        Column("watch_through_rate", "watch-through rate", formats.percent, True),
        Column("engagement_per_impression", "engagements per impression", formats.number, True),
        Column("no_view_24h_rate", "no view within 24 h", formats.percent, True),
    ]
    return Figure(
        "Watch-through rate by cohort",
        "New users signed up in the days before the newest sign-up; windows end with the newest "
        "event. Each bar is computed from its own views.",
        charts.grouped_bars(
            rows,
            "window",
            list(WINDOWS.values()),
            "watch_through_rate",
            "watch-through rate",
            ".0%",
            group="segment",
        ),
        "Bar chart of the watch-through rate by window and cohort. Over all days: "
        + ", ".join(
            f"{formats.percent(everything[segment]['watch_through_rate'])} ({segment})"
            for segment in SEGMENTS
        )
        + ".",
        Table("Rates by cohort and window", columns, rows),
    )


def stats_table(stats: Row) -> Table:
    names = {
        "view_count": "views",
        "mean": "mean",
        "std": "standard deviation",
        "min": "least",
        "p25": "25th percentile",
        "p50": "median",
        "p75": "75th percentile",
        "p90": "90th percentile",
        "max": "greatest",
    }
    rows = [
        {
            "name": title,
            "value": formats.count(stats[key])
            if key == "view_count"
            else formats.precise(stats[key]),
        }
        for key, title in names.items()
    ]
    columns = [
        Column("name", "watch ratio, all users", formats.text),
        Column("value", "value", formats.text, True),
    ]
    return Table("Watch ratio of all views in numbers", columns, rows)


def blocks(release: Release, segment: str = "all") -> list[Block]:
    curve = release.rows(CURVE)
    if not any(row["views"] for row in curve if row["segment"] == segment):
        return [Note(f"{SEGMENTS[segment]} have no views: choose another segment.", "empty")]
    delays = release.rows(DELAYS)
    [stats] = release.rows(STATS)
    return [
        ratio_histogram(curve, segment),
        reach_curve(curve),
        delay_figure(delays, segment),
        cohort_figure(release.rows(RATES)),
        stats_table(stats),
    ]
