"""What power found: a table on the terminal, and a chart as a file."""

from __future__ import annotations

from pathlib import Path

import altair as alt
import vl_convert
from rich import box
from rich.console import Console
from rich.table import Table

from dashboard import charts
from experiments.power import Power, percent, plain, sentences

WITHOUT, WITH = "without CUPED", "with CUPED"


def show(found: Power, console: Console) -> None:
    """Print the table and the sentences."""
    aim = found.aim
    table = Table(
        title=f"What is detected with a chance of {aim.power * 100:g} % (two-sided, alpha "
        f"{aim.alpha:g})",
        title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False,
    )  # fmt: skip
    heads = (
        "days",
        "users",
        aim.metric,
        "change",
        "lift",
        "change\nwith CUPED",
        "lift\nwith CUPED",
    )
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for step in found.steps:
        table.add_row(
            str(step.days), f"{step.users:,}", plain(step.mean), plain(step.detectable),
            percent(step.lift), plain(step.cuped_detectable), percent(step.cuped_lift),
            style="bold" if step.days == aim.days else None,
        )  # fmt: skip
    console.print(table)
    console.print()
    for sentence in sentences(found):
        console.print(sentence, markup=False, soft_wrap=True)


def chart(found: Power) -> alt.TopLevelMixin:
    """The smallest lift by days, with and without CUPED, and the lift that is aimed at."""
    aim = found.aim
    rows = [
        {"days": step.days, "lift": lift, "how": how}
        for step in found.steps
        for how, lift in ((WITHOUT, step.lift), (WITH, step.cuped_lift))
        if lift is not None
    ]
    lines = (
        alt.Chart(charts.plain(rows))
        .mark_line(point={"filled": True, "size": 28, "opacity": 1}, strokeWidth=2)
        .encode(
            x=alt.X(
                "days", type="quantitative", title="days",
                axis=alt.Axis(grid=False, tickMinStep=1, format="d"),
            ),
            y=alt.Y(
                "lift", type="quantitative", title=f"smallest lift of {aim.metric}",
                axis=alt.Axis(format=".1%", tickCount=6), scale=alt.Scale(zero=True, nice=True),
            ),
            color=charts.colour_of("how", [WITHOUT, WITH], [charts.GREY, charts.BLUE]),
        )
    )  # fmt: skip
    layers = [lines]
    if aim.lift is not None:
        aimed = alt.Chart(charts.plain([{"lift": aim.lift}]))
        layers.append(
            aimed.mark_rule(color=charts.ORANGE, strokeDash=[5, 4], strokeWidth=1.5).encode(
                y=alt.Y("lift", type="quantitative")
            )
        )
    return charts.styled(alt.layer(*layers).properties(width=560))


def write_chart(found: Power, path: Path) -> None:
    """The chart as an image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(vl_convert.vegalite_to_svg(chart(found).to_dict()), encoding="utf-8")
