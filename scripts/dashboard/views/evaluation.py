"""What the last evaluation found: every strategy with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard import charts, formats
from dashboard.blocks import Block, Column, Figure, Heading, Note, Row, Table
from releases.release import Release

TITLE = "Evaluation"
ACCURACY = {
    "ndcg": "NDCG",
    "hit_rate": "HitRate",
    "recall": "Recall",
    "precision": "Precision",
    "mrr": "MRR",
    "map": "MAP",
}
HOW = "Record one with make evaluate, then make publish."

CHOICES = """
    select distinct as_of, segment, k
    from evaluation_metrics
    where recorded_at = (select max(recorded_at) from evaluation_metrics)
    order by as_of desc, segment, k
"""
METRICS = """
    select recorded_at, horizon_end, strategy, metric, value, low, high, n
    from evaluation_metrics
    where
        recorded_at = (select max(recorded_at) from evaluation_metrics)
        and as_of = ?
        and segment = ?
        and k = ?
    order by metric, value desc nulls last, strategy
"""
SERVED = "select distinct hitrate_strategy from recommender_health"


@dataclass(frozen=True)
class Choices:
    """What the last recorded evaluation has numbers for."""

    cutoffs: list[datetime]
    segments: list[str]
    lengths: list[int]


def choices(release: Release) -> Choices | None:
    """None where no evaluation is recorded."""
    rows = release.rows(CHOICES)
    if not rows:
        return None
    segments = sorted({row["segment"] for row in rows}, key=lambda name: (name != "all", name))
    return Choices(
        sorted({row["as_of"] for row in rows}, reverse=True),
        segments,
        sorted({row["k"] for row in rows}),
    )


def metric_figure(metric: str, title: str, rows: list[Row], length: int) -> Figure:
    best = rows[0]
    columns = [
        Column("strategy", "strategy", formats.text),
        Column("value", title, formats.precise, True),
        Column("low", "from", formats.precise, True),
        Column("high", "to", formats.precise, True),
        Column("n", "users", formats.count, True),
    ]
    return Figure(
        f"{title}@{length}",
        "Best first. The lines are 95% intervals; where they overlap widely, nobody can tell.",
        charts.intervals(rows, "strategy", f"{title}@{length}"),
        f"Points with 95% intervals for {len(rows)} strategies. Highest is {best['strategy']} with "
        f"{formats.precise(best['value'])} ({formats.precise(best['low'])} to "
        f"{formats.precise(best['high'])}).",
        Table(f"{title}@{length} by strategy with 95% intervals", columns, rows),
    )


def blocks(
    release: Release, as_of: datetime | None = None, segment: str = "all", length: int | None = None
) -> list[Block]:
    """Defaults are the newest cutoff and 10, or the shortest length."""
    known = choices(release)
    if known is None:
        return [Note(f"No evaluation is recorded in this release. {HOW}", "empty")]
    as_of = as_of or known.cutoffs[0]
    length = length or (10 if 10 in known.lengths else known.lengths[0])
    rows = release.rows(METRICS, [as_of, segment, length])
    if not rows:
        return [
            Note(
                f"The evaluation has no numbers for segment {segment} at {length} as of "
                f"{formats.moment(as_of)}: choose others.",
                "empty",
            )
        ]
    [served] = release.rows(SERVED)
    serving = served["hitrate_strategy"]
    page: list[Block] = [
        Note(
            f"Lists made from what happened before {formats.moment(as_of)} (UTC), compared with "
            f"what happened until {formats.moment(rows[0]['horizon_end'])}; recorded on "
            f"{formats.moment(rows[0]['recorded_at'])}. Each cutoff has numbers of its own: means "
            "over cutoffs and tests are in the evaluation's own report."
            + ("" if serving is None else f" The lists that are served are made by {serving}.")
        )
    ]
    for metric, title in ACCURACY.items():
        of_metric = [row for row in rows if row["metric"] == metric and row["value"] is not None]
        if of_metric:
            page.append(metric_figure(metric, title, of_metric, length))
    others = [row for row in rows if row["metric"] not in ACCURACY]
    if others:
        names = list(dict.fromkeys(row["metric"] for row in others))
        strategies = sorted({row["strategy"] for row in others})
        values = {(row["metric"], row["strategy"]): row["value"] for row in others}
        page += [
            Heading("Beyond accuracy"),
            Table(
                "Diversity, novelty and exposure of the lists",
                [
                    Column("metric", "metric", formats.text),
                    *(Column(name, name, formats.precise, True) for name in strategies),
                ],
                [
                    {"metric": name.replace("_", " ")}
                    | {strategy: values.get((name, strategy)) for strategy in strategies}
                    for name in names
                ],
            ),
        ]
    return page
