"""The chart of an evaluation: the main metrics with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from common import Row
from evaluation import ACCURACY_METRICS, EVERYTHING, Evaluation

CHART_METRICS = ("hit_rate", "ndcg", "recall", "mrr", "map", "precision")
# Distinguishable with colour-blind eyes and in print (after Okabe and Ito).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def draw(result: Evaluation, path: Path) -> None:
    """The main metrics of all users, a panel each, with normal or bootstrap intervals."""
    import altair as alt
    import vl_convert

    rows = main_rows(result.metrics)
    settings = result.settings
    means = {
        row["strategy"]: row["value"]
        for row in rows
        if row["metric"] == settings.primary_metric and row["k"] == settings.sentence_k
    }
    order = sorted(means, key=lambda name: -means[name])
    kind = "bootstrap" if settings.bootstrap else "normal"
    points = []
    for row in rows:
        low, high = row["low"], row["high"]
        if row["bootstrap_low"] is not None:
            low, high = row["bootstrap_low"], row["bootstrap_high"]
        points.append(
            {
                "strategy": row["strategy"],
                "metric": row["metric"],
                "k": str(row["k"]),
                "value": row["value"],
                "low": row["value"] if low is None else low,
                "high": row["value"] if high is None else high,
            }
        )
    ks = [str(k) for k in settings.ks]
    colours = [COLOURS[number % len(COLOURS)] for number in range(len(ks))]
    y = alt.Y("strategy:N", sort=order, title=None, axis=alt.Axis(grid=False))
    beside = alt.YOffset("k:N", sort=ks)
    colour = alt.Color("k:N", sort=ks, title="K", scale=alt.Scale(domain=ks, range=colours))
    panels = []
    for metric in CHART_METRICS:
        data = alt.Data(values=[point for point in points if point["metric"] == metric])
        base = alt.Chart(data).encode(y=y, yOffset=beside, color=colour)
        bars = base.mark_rule(strokeWidth=1.5).encode(
            x=alt.X("low:Q", title=metric, scale=alt.Scale(nice=True)), x2="high:Q"
        )
        dots = base.mark_point(filled=True, size=45, opacity=1).encode(x="value:Q")
        height = max(60, len(order) * (12 + 12 * len(ks)))
        panels.append((bars + dots).properties(width=260, height=height))
    users = max((row["n"] for row in rows if row["metric"] in ACCURACY_METRICS), default=0)
    share = f"{settings.confidence * 100:g} %"
    picture = (
        alt.concat(*panels, columns=3)
        .properties(
            title=alt.TitleParams(
                f"Offline evaluation: {users:,} users",
                subtitle=f"Mean over users with its {share} {kind} interval, by K",
                anchor="start",
            )
        )
        .configure_axis(labelFontSize=11, titleFontSize=12, grid=True, gridColor="#e5e5e5")
        .configure_view(stroke="#cccccc")
    )
    path.write_text(vl_convert.vegalite_to_svg(picture.to_dict()), encoding="utf-8")


def main_rows(metrics: Sequence[Row]) -> list[Row]:
    """The rows for all users, over all cutoffs where there are several."""
    everybody = [row for row in metrics if row["segment"] == EVERYTHING]
    cutoffs = {row["cutoff"] for row in everybody}
    if EVERYTHING in cutoffs:
        return [row for row in everybody if row["cutoff"] == EVERYTHING]
    return everybody
