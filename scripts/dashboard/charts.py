"""Charts from rows. Width is the renderer's business; every chart is a single view or a layer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt

from dashboard.blocks import Row

HEIGHT = 260
BAR_HEIGHT = 24  # of a horizontal bar with its gap

# Told apart by colour-blind eyes, in print and on white (after Okabe and Ito).
BLUE, ORANGE, GREEN, AMBER, GREY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#9AA1A8"
PINK, SKY = "#CC79A7", "#56B4E9"
SEGMENTS = ("all", "new", "existing")
SEGMENT_COLOURS = (GREY, ORANGE, BLUE)
PART_COLOURS = {
    "popularity": BLUE,
    "category": ORANGE,
    "creator": GREEN,
    "freshness": AMBER,
    "declared": SKY,
    "rerank": PINK,
}
NOT_OF_ALL = ("declared", "rerank")  # parts that only some lists have
INK = "#222222"
GRID = "#e3e3e3"


def plain(rows: Sequence[Row]) -> alt.Data:
    """Rows as chart data: days and moments as text, which Vega reads as local time without zone."""
    return alt.Data(
        values=[
            {
                key: value.isoformat() if isinstance(value, date) else value
                for key, value in row.items()
            }
            for row in rows
        ]
    )


def styled(chart: alt.Chart | alt.LayerChart, height: int = HEIGHT) -> alt.TopLevelMixin:
    """The look that all charts share."""
    return (
        chart.properties(height=height)
        .configure(font="sans-serif", background="white")
        .configure_axis(
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelColor=INK,
            titleColor=INK,
            gridColor=GRID,
            domainColor="#999999",
            tickColor="#999999",
            labelLimit=180,
        )
        .configure_legend(
            orient="top",
            title=None,
            labelFontSize=12,
            labelColor=INK,
            symbolStrokeWidth=2,
            symbolOpacity=1,
            columnPadding=16,
            offset=6,
        )
        .configure_view(stroke=None)
    )


def colour_of(field: str, domain: Sequence[str], colours: Sequence[str]) -> alt.Color:
    return alt.Color(
        field, type="nominal", scale=alt.Scale(domain=list(domain), range=list(colours))
    )


def day_axis(rows: Sequence[Row], field: str) -> alt.X:
    """Days as a time axis with at most 8 labels."""
    days = len({row[field] for row in rows})
    ticks = {"values": sorted({row[field].isoformat() for row in rows})} if days <= 8 else {}
    return alt.X(
        field,
        type="temporal",
        title=None,
        axis=alt.Axis(
            format="%b %-d", grid=False, labelOverlap=True, tickCount=min(days, 8), **ticks
        ),
    )


def histogram(
    rows: Sequence[Row], start: str, end: str, value: str, title: str
) -> alt.TopLevelMixin:
    """Bars from bin to bin; the last bin, without an end, is as wide as the one before."""
    width = rows[0][end] - rows[0][start] if rows and rows[0][end] is not None else 1
    bars = [row | {end: row[end] if row[end] is not None else row[start] + width} for row in rows]
    return styled(
        alt.Chart(plain(bars))
        .mark_bar(color=BLUE, binSpacing=1)
        .encode(
            x=alt.X(
                start,
                type="quantitative",
                bin="binned",
                title=title,
                axis=alt.Axis(format=".1f", grid=False, tickCount=10, labelOverlap=True),
            ),
            x2=end,
            y=alt.Y(value, type="quantitative", title="views", axis=alt.Axis(tickCount=5)),
            tooltip=[
                alt.Tooltip(start, type="quantitative", title="from", format=".1f"),
                alt.Tooltip(value, type="quantitative", title="views", format=","),
            ],
        )
    )


def share_curves(
    rows: Sequence[Row], x: str, y: str, x_title: str, y_title: str
) -> alt.TopLevelMixin:
    """A line per segment, shares on y."""
    return styled(
        alt.Chart(plain([row for row in rows if row[y] is not None]))
        .mark_line(strokeWidth=2, interpolate="linear")
        .encode(
            x=alt.X(
                x,
                type="quantitative",
                title=x_title,
                axis=alt.Axis(grid=False, tickCount=10, labelOverlap=True),
            ),
            y=alt.Y(
                y,
                type="quantitative",
                title=y_title,
                axis=alt.Axis(format=".0%", tickCount=5),
                scale=alt.Scale(domain=[0, 1]),
            ),
            color=colour_of("segment", SEGMENTS, SEGMENT_COLOURS),
            tooltip=[
                alt.Tooltip("segment", type="nominal"),
                alt.Tooltip(x, type="quantitative", title=x_title, format=".1f"),
                alt.Tooltip(y, type="quantitative", title=y_title, format=".1%"),
            ],
        )
    )


def grouped_bars(
    rows: Sequence[Row],
    category: str,
    order: Sequence[str],
    value: str,
    title: str,
    value_format: str,
    category_title: str | None = None,
    group: str | None = None,
) -> alt.TopLevelMixin:
    """Vertical bars by category, beside each other by segment where a group is given."""
    extra: dict[str, Any] = {"color": alt.value(BLUE)}
    if group is not None:
        extra = {
            "color": colour_of(group, SEGMENTS, SEGMENT_COLOURS),
            "xOffset": alt.XOffset(group, type="nominal", sort=list(SEGMENTS)),
        }
    tooltip = [alt.Tooltip(name, type="nominal") for name in (category, group) if name is not None]
    return styled(
        alt.Chart(plain([row for row in rows if row[value] is not None]))
        .mark_bar()
        .encode(
            x=alt.X(
                category,
                type="ordinal",
                sort=list(order),
                title=category_title,
                axis=alt.Axis(labelAngle=0, labelOverlap=True, labelLimit=90),
                scale=alt.Scale(domain=list(order)),
            ),
            y=alt.Y(
                value,
                type="quantitative",
                title=title,
                axis=alt.Axis(format=value_format, tickCount=5),
            ),
            tooltip=[
                *tooltip,
                alt.Tooltip(value, type="quantitative", title=title, format=value_format),
            ],
            **extra,
        )
    )


def ranked_bars(
    rows: Sequence[Row], name: str, value: str, title: str, value_format: str
) -> alt.TopLevelMixin:
    """Horizontal bars in the order of the rows."""
    return styled(
        alt.Chart(plain(rows))
        .mark_bar(color=BLUE)
        .encode(
            y=alt.Y(name, type="nominal", sort=[row[name] for row in rows], title=None),
            x=alt.X(
                value,
                type="quantitative",
                title=title,
                axis=alt.Axis(format=value_format, tickCount=4),
            ),
            tooltip=[
                alt.Tooltip(name, type="nominal"),
                alt.Tooltip(value, type="quantitative", title=title, format=value_format),
            ],
        ),
        height=max(80, BAR_HEIGHT * len(rows)),
    )


def score_parts(rows: Sequence[Row]) -> list[str]:
    """The parts that the scores have: only neural lists are re-ranked, and declared interests have
    no weight by default (nor a column in releases of before)."""
    return [
        name
        for name in PART_COLOURS
        if name not in NOT_OF_ALL or any(row.get(f"{name}_part") for row in rows)
    ]


def stacked_parts(rows: Sequence[Row], name: str, title: str) -> alt.TopLevelMixin:
    """Horizontal bars of the parts of a score, in the order of the rows; parts below 0 lie left."""
    names = score_parts(rows)
    parts = [
        {name: row[name], "part": part, "value": row[f"{part}_part"], "part_place": place}
        for row in rows
        for place, part in enumerate(names)
    ]
    return styled(
        alt.Chart(plain(parts))
        .mark_bar()
        .encode(
            y=alt.Y(name, type="nominal", sort=[row[name] for row in rows], title=None),
            x=alt.X("value", type="quantitative", title=title, axis=alt.Axis(tickCount=5)),
            color=colour_of("part", names, [PART_COLOURS[part] for part in names]),
            order=alt.Order("part_place", type="quantitative"),
            tooltip=[
                alt.Tooltip(name, type="nominal"),
                alt.Tooltip("part", type="nominal"),
                alt.Tooltip("value", type="quantitative", format=".4f"),
            ],
        ),
        height=max(80, BAR_HEIGHT * len(rows)),
    )


def lorenz(rows: Sequence[Row], x: str, y: str, x_title: str, y_title: str) -> alt.TopLevelMixin:
    """The curve, and the diagonal of equal shares."""
    axis = {"format": ".0%", "tickCount": 5}
    scale = alt.Scale(domain=[0, 1])
    # a small catalogue has fewer pings than steps
    points = {row[x]: {x: row[x], y: row[y]} for row in rows if row[y] is not None}
    curve = (
        alt.Chart(plain(list(points.values())))
        .mark_area(line={"color": BLUE, "strokeWidth": 2}, color=BLUE, opacity=0.2)
        .encode(
            x=alt.X(x, type="quantitative", title=x_title, axis=alt.Axis(**axis), scale=scale),
            y=alt.Y(y, type="quantitative", title=y_title, axis=alt.Axis(**axis), scale=scale),
            tooltip=[
                alt.Tooltip(x, type="quantitative", title=x_title, format=".1%"),
                alt.Tooltip(y, type="quantitative", title=y_title, format=".1%"),
            ],
        )
    )
    diagonal = (
        alt.Chart(plain([{x: 0, y: 0}, {x: 1, y: 1}]))
        .mark_line(color="#777777", strokeDash=[4, 4], strokeWidth=1)
        .encode(x=alt.X(x, type="quantitative"), y=alt.Y(y, type="quantitative"))
    )
    return styled(alt.layer(curve, diagonal))


def intervals(rows: Sequence[Row], name: str, title: str) -> alt.TopLevelMixin:
    """A point with its interval (value, low, high) for each name, in the order of the rows."""
    base = alt.Chart(plain(rows)).encode(
        y=alt.Y(name, type="nominal", sort=[row[name] for row in rows], title=None),
        tooltip=[
            alt.Tooltip(name, type="nominal"),
            *(
                alt.Tooltip(field, type="quantitative", format=".4f")
                for field in ("value", "low", "high")
            ),
        ],
    )
    x = {"type": "quantitative", "axis": alt.Axis(tickCount=5), "title": title}
    return styled(
        alt.layer(
            base.mark_rule(strokeWidth=2, color=BLUE).encode(x=alt.X("low", **x), x2="high"),
            base.mark_point(filled=True, size=70, color=BLUE, opacity=1).encode(
                x=alt.X("value", **x)
            ),
        ),
        height=max(80, 30 * len(rows)),
    )


def losses(rows: Sequence[Row], unit: str) -> alt.TopLevelMixin:
    """A line per slice over the number of trees or epochs."""
    return styled(
        alt.Chart(plain(rows))
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X(
                "part_number",
                type="quantitative",
                title=unit,
                axis=alt.Axis(grid=False, tickMinStep=1),
            ),
            y=alt.Y(
                "value",
                type="quantitative",
                title="log loss",
                axis=alt.Axis(tickCount=5),
                scale=alt.Scale(zero=False),
            ),
            color=colour_of("slice", ("train", "validation"), (BLUE, ORANGE)),
            tooltip=[
                alt.Tooltip("slice", type="nominal"),
                alt.Tooltip("part_number", type="quantitative", title=unit),
                alt.Tooltip("value", type="quantitative", title="log loss", format=".4f"),
            ],
        )
    )


def calibration(rows: Sequence[Row]) -> alt.TopLevelMixin:
    """Actual over predicted shares, a line per model, and the diagonal where both are equal."""
    axis, scale = {"format": ".0%", "tickCount": 5}, alt.Scale(domain=[0, 1])
    names = list(dict.fromkeys(row["model"] for row in rows))
    colours = dict(zip(("prior", "trees", "network"), (GREY, BLUE, ORANGE), strict=True))
    lines = (
        alt.Chart(plain(rows))
        .mark_line(strokeWidth=2, point={"filled": True, "size": 50, "opacity": 1})
        .encode(
            x=alt.X(
                "predicted",
                type="quantitative",
                title="predicted share of label 1",
                axis=alt.Axis(**axis),
                scale=scale,
            ),
            y=alt.Y(
                "actual",
                type="quantitative",
                title="actual share",
                axis=alt.Axis(**axis),
                scale=scale,
            ),
            color=colour_of("model", names, [colours[name] for name in names]),
            tooltip=[
                alt.Tooltip("model", type="nominal"),
                alt.Tooltip("bin", type="nominal"),
                alt.Tooltip("rows", type="quantitative", format=","),
                alt.Tooltip("predicted", type="quantitative", format=".1%"),
                alt.Tooltip("actual", type="quantitative", format=".1%"),
            ],
        )
    )
    diagonal = (
        alt.Chart(plain([{"predicted": 0, "actual": 0}, {"predicted": 1, "actual": 1}]))
        .mark_line(color="#777777", strokeDash=[4, 4], strokeWidth=1)
        .encode(x=alt.X("predicted", type="quantitative"), y=alt.Y("actual", type="quantitative"))
    )
    return styled(alt.layer(diagonal, lines))
