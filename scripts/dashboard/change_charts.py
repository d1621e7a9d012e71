"""The charts of what moved a number, and of what is odd."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from common import Row
from dashboard.charts import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    SKY,
    colour_of,
    day_axis,
    plain,
    styled,
)
from dashboard.daily_charts import POINT_DAYS

STEP_HEIGHT = 28  # of a step of a waterfall with its gap
AROUND = 90  # pixels of its legend and axis
RATE, MIX = "its own rate", "its share"
FAINT = 0.4  # opacity of what rests on few


def waterfall(
    steps: Sequence[Row], bars: Sequence[Row], title: str, axis_format: str
) -> alt.TopLevelMixin:
    """From the number before, step by step, to the number after.

    steps: step (a name of its own), at (where the number stands after it), next (the name of the
    step below, none for the last), written (its text), is_end (the number itself, before or after).
    bars: step, part (RATE or MIX), start, end, is_few.
    """
    names = [step["step"] for step in steps]
    reached = [value for step in steps for value in (step["at"], step["low"], step["high"])]
    low, high = min(reached), max(reached)
    room = (high - low) or abs(high) or 1
    # what is written beside a bar needs room to its right
    domain = [low - 0.06 * room, high + 0.35 * room]
    parts = [part for part in (RATE, MIX) if any(bar["part"] == part for bar in bars)]
    y = alt.Y(
        "step",
        type="nominal",
        sort=names,
        scale=alt.Scale(domain=names, paddingInner=0.25),
        title=None,
        axis=alt.Axis(labelLimit=150, ticks=False),
    )
    x = {
        "type": "quantitative",
        "title": title,
        "axis": alt.Axis(format=axis_format, tickCount=4, labelOverlap=True),
        "scale": alt.Scale(domain=domain, zero=False, nice=False),
    }
    rows = alt.Chart(plain(steps)).encode(y=y)
    links = (
        alt.Chart(plain([step for step in steps if step["next"] is not None]))
        .mark_rule(color=GREY, strokeWidth=1, aria=False)
        .encode(y=y, y2="next", x=alt.X("at", **x))
    )
    effects = (
        alt.Chart(plain(bars))
        .mark_bar()
        .encode(
            y=y,
            x=alt.X("start", **x),
            x2="end",
            color=colour_of("part", parts, [{RATE: BLUE, MIX: ORANGE}[part] for part in parts]),
            opacity=alt.when("datum.is_few").then(alt.value(FAINT)).otherwise(alt.value(1)),
            tooltip=[
                alt.Tooltip("step", type="nominal", title="value"),
                alt.Tooltip("part", type="nominal", title="changed"),
                alt.Tooltip("written", type="nominal", title="effect"),
            ],
            **({"yOffset": alt.YOffset("part", type="nominal", sort=parts)} if parts[1:] else {}),
        )
    )
    ends = rows.transform_filter("datum.is_end")
    return styled(
        alt.layer(
            links,
            effects,
            ends.mark_point(shape="diamond", filled=True, size=120, color=INK, opacity=1).encode(
                x=alt.X("at", **x)
            ),
            rows.mark_text(align="left", dx=8, fontSize=12, color=INK).encode(
                x=alt.X("high", **x), text=alt.Text("written", type="nominal")
            ),
        ),
        height=AROUND + STEP_HEIGHT * len(names),
    )


def band(rows: Sequence[Row], title: str, axis_format: str) -> alt.TopLevelMixin:
    """A number by day in the band that was expected of it, with a point where it left it."""
    inside, outside = "as expected", "odd"
    base = alt.Chart(
        plain([row | {"is": outside if row["is_alert"] else inside} for row in rows])
    ).encode(x=day_axis(rows, "day"))
    y = {
        "type": "quantitative",
        "title": title,
        "axis": alt.Axis(tickCount=5, format=axis_format),
        "scale": alt.Scale(zero=False, nice=True),
    }
    return styled(
        alt.layer(
            # a day without a band breaks it
            base.mark_area(color=SKY, opacity=0.35, invalid="break-paths-filter-domains").encode(
                y=alt.Y("expected_low", **y), y2="expected_high"
            ),
            base.mark_line(color=BLUE, strokeWidth=2).encode(y=alt.Y("value", **y)),
            base.mark_point(filled=True, opacity=1).encode(
                y=alt.Y("value", **y),
                color=colour_of("is", [inside, outside], [BLUE, ORANGE]),
                size=alt.when("datum.is_alert")
                .then(alt.value(110))
                .otherwise(alt.value(28 if len(rows) <= POINT_DAYS else 0)),
                tooltip=[
                    alt.Tooltip("day", type="temporal", format="%Y-%m-%d"),
                    *(
                        alt.Tooltip(field, type="quantitative", title=name, format=".4~g")
                        for field, name in (
                            ("value", "value"),
                            ("expected_low", "expected from"),
                            ("expected_high", "to"),
                        )
                    ),
                ],
            ),
        )
    )
