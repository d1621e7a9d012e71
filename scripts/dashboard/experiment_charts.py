"""The charts of experiments."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from common import Row
from dashboard.charts import AMBER, BLUE, GREY, INK, SKY, colour_of, day_axis, plain, styled

PLAIN, CUPED = "measured", "with CUPED"
COLOURS = {PLAIN: GREY, CUPED: BLUE}
ROW_HEIGHT = 34  # of a name with its intervals
LABEL_ROOM = 24  # pixels by which letters may be wider than was reckoned when it was drawn


def zero(field: str) -> alt.Chart:
    """A line where nothing differs, along x or y."""
    return (
        alt.Chart(plain([{"zero": 0}]))
        .mark_rule(color=INK, strokeWidth=1, aria=False)
        .encode(**{field: alt.datum(0)})
    )


def forest(rows: Sequence[Row], name: str, title: str, axis: str = ".0%") -> alt.TopLevelMixin:
    """Intervals (value, low, high) by name, as measured and adjusted (how), and where 0 is."""
    order = list(dict.fromkeys(row[name] for row in rows))
    hows = [how for how in (PLAIN, CUPED) if any(row["how"] == how for row in rows)]
    base = alt.Chart(plain(rows)).encode(
        y=alt.Y(name, type="nominal", sort=order, title=None, axis=alt.Axis(labelLimit=190)),
        yOffset=alt.YOffset("how", type="nominal", sort=hows),
        color=colour_of("how", hows, [COLOURS[how] for how in hows]).legend(columns=1),
        tooltip=[
            alt.Tooltip(name, type="nominal"),
            alt.Tooltip("how", type="nominal", title="interval"),
            *(
                alt.Tooltip(field, type="quantitative", format="+.2%" if "%" in axis else "+.4g")
                for field in ("value", "low", "high")
            ),
        ],
    )
    x = {
        "type": "quantitative",
        "title": title,
        "axis": alt.Axis(tickCount=5, format=axis, labelOverlap=True),
        "scale": alt.Scale(zero=True, nice=True),
    }
    return styled(
        alt.layer(
            base.mark_rule(strokeWidth=2).encode(x=alt.X("low", **x), x2="high"),
            base.mark_point(filled=True, size=55, opacity=1).encode(x=alt.X("value", **x)),
            zero("x"),
        ),
        height=max(80, ROW_HEIGHT * len(order)),
    ).properties(padding={"left": LABEL_ROOM, "top": 5, "right": 5, "bottom": 5})


def daily_intervals(rows: Sequence[Row], title: str) -> alt.TopLevelMixin:
    """The difference by day, with its interval of the day, and the one that is always valid."""
    wide, narrow = "always valid", "of that day alone"
    base = alt.Chart(plain([row | {"wide": wide, "narrow": narrow} for row in rows])).encode(
        x=day_axis(rows, "date")
    )
    y = {
        "type": "quantitative",
        "title": title,
        "axis": alt.Axis(format="~g", tickCount=6),
        "scale": alt.Scale(zero=True, nice=True),
    }

    def band(name: str, low: str, high: str, opacity: float) -> alt.Chart:
        return base.mark_area(opacity=opacity).encode(
            y=alt.Y(low, **y), y2=high, color=colour_of(name, [wide, narrow], [SKY, AMBER])
        )

    return styled(
        alt.layer(
            band("wide", "always_valid_low", "always_valid_high", 0.35),
            band("narrow", "difference_low", "difference_high", 0.45),
            base.mark_line(color=INK, strokeWidth=2, point={"color": INK, "size": 28}).encode(
                y=alt.Y("difference", **y)
            ),
            zero("y"),
        )
    )
