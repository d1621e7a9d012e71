"""Lines by day, which show what is provisional and what is of few."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import altair as alt

from common import Row
from dashboard.charts import SEGMENT_COLOURS, SEGMENTS, colour_of, day_axis, plain, styled

POINT_DAYS = 35  # up to so many days, lines have a point for each
FADED = 0.4  # opacity of what is of few

# how a piece of a line looks: of few, it is there, but not to be read like the others
PIECES: dict[str, dict[str, Any]] = {
    "few": {"opacity": FADED, "strokeDash": [2, 4]},
    "final": {},
    "provisional": {"strokeDash": [5, 4]},
}


def pieces_of(rows: Sequence[Row], value: str, group: str) -> list[Row]:
    """The rows that lines go through: what lies between two days looks as PIECES has it.

    A row stands in each piece that begins or ends there. A day without a value breaks the line.
    """
    found: list[Row] = []
    for name in dict.fromkeys(row[group] for row in rows):
        days = sorted((row for row in rows if row[group] == name), key=lambda row: row["date"])
        piece, number = None, 0
        for before, row in pairwise(days):
            if before[value] is None or row[value] is None:
                piece = None
                continue
            kind = "provisional" if row.get("is_provisional") else "final"
            kind = "few" if before.get("is_few") or row.get("is_few") else kind
            if kind != piece:
                piece, number = kind, number + 1
                found.append(before | {"piece": kind, "number": number})
            found.append(row | {"piece": kind, "number": number})
    return found


def daily_lines(
    rows: Sequence[Row],
    value: str,
    title: str,
    value_format: str,
    domain: Sequence[str] = SEGMENTS,
    colours: Sequence[str] = SEGMENT_COLOURS,
    group: str = "segment",
) -> alt.TopLevelMixin:
    """Lines by day and group. What leads to a provisional day (is_provisional) is dashed, what is
    of few (is_few) is faded; the others have a band from low to high, where the rows have these.
    """
    # the first line is wide, so that it shows below one with the same course
    width: Any = alt.value(2)
    if len(domain) > 2:
        width = alt.when(alt.datum[group] == domain[0]).then(alt.value(4.5)).otherwise(alt.value(2))
    has_bands = any(row.get("low") is not None for row in rows)

    def base(some: Sequence[Row], *keys: str) -> alt.Chart:
        bounds = ("low", "high") if has_bands else ()
        kept = [{key: row.get(key) for key in ("date", group, *bounds, *keys)} for row in some]
        return alt.Chart(plain(kept)).encode(
            x=day_axis(rows, "date"), color=colour_of(group, domain, colours)
        )

    y = {
        "type": "quantitative",
        "title": title,
        "axis": alt.Axis(format=value_format, tickCount=5),
        "scale": alt.Scale(zero=True, nice=True),
    }
    tooltip = [
        alt.Tooltip("date", type="temporal", title="day", format="%Y-%m-%d"),
        alt.Tooltip(group, type="nominal"),
        alt.Tooltip(value, type="quantitative", title=title, format=value_format),
    ]
    if has_bands:
        tooltip += [
            alt.Tooltip(key, type="quantitative", title=name, format=value_format)
            for key, name in (("low", "at least (95 %)"), ("high", "at most"))
        ]
    # the axis has all days, also those without a value
    layers = [base(rows).mark_point(opacity=0, aria=False)]
    pieces = pieces_of(rows, value, group)
    if has_bands:
        banded = [row for row in pieces if row["piece"] != "few"]
        layers.append(
            base(banded, "piece", "number")
            .mark_area(opacity=0.16, aria=False)
            .encode(y=alt.Y("low", **y), y2="high", detail=["piece:N", "number:N"])
        )
    layers += [
        base([row for row in pieces if row["piece"] == piece], value, "number")
        .mark_line(strokeJoin="round", **look)
        .encode(
            y=alt.Y(value, **y),
            strokeWidth=width,
            detail=alt.Detail("number", type="nominal"),
            tooltip=tooltip,
        )
        for piece, look in PIECES.items()
        if piece == "final" or any(row["piece"] == piece for row in pieces)
    ]
    # points are for single days; where there are many, the line is enough
    if len({row["date"] for row in rows}) <= POINT_DAYS:
        points = [row for row in rows if row[value] is not None]
        layers += [
            base(some, value)
            .mark_point(filled=True, size=28, opacity=opacity)
            .encode(y=alt.Y(value, **y), tooltip=tooltip)
            for some, opacity in (
                ([row for row in points if row.get("is_few")], FADED),
                ([row for row in points if not row.get("is_few")], 1),
            )
            if some
        ]
    return styled(alt.layer(*layers))
