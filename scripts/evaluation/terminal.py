"""The tables of an evaluation, for reading."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from common import Row
from evaluation import EVERYTHING, EXPOSURE_METRICS, LIST_METRICS, Evaluation, Settings

TABLE_METRICS = ("hit_rate", "precision", "recall", "mrr", "map", "ndcg")
WIDTH_WITHOUT_TERMINAL = 150
WIDTH_FOR_INTERVALS = 125  # the accuracy table has no room for them in less
HEADINGS = {
    "item_coverage": "item\ncoverage",
    "creator_coverage": "creator\ncoverage",
    "gini_exposure": "gini\nexposure",
    "entropy": "entropy",
    "personalisation": "personal-\nisation",
    "popularity_lift": "popularity\nlift",
    "novelty": "novelty",
    "popularity": "popularity",
    "intra_list_diversity": "intra-list\ndiversity",
    "calibration": "cali-\nbration",
    "unseen_share": "unseen\nshare",
    "churn": "churn",
}


def show(result: Evaluation, console: Console, *, quiet: bool = False) -> None:
    """Print what a reader needs; everything is in the files."""
    if not quiet:
        cutoffs = list(dict.fromkeys(row["cutoff"] for row in result.metrics))
        # The mean over cutoffs comes last, and is what the reader looks for first.
        main = [row for row in result.metrics if row["cutoff"] == cutoffs[-1]]
        several = len(cutoffs) > 1
        wide = console.width >= WIDTH_FOR_INTERVALS
        tables: list[Table | None] = [accuracy_table(main, several, wide, result.settings)]
        if several:
            tables.append(cutoff_table(result, cutoffs[:-1]))
        for cutoff in cutoffs[:-1] if several else cutoffs:
            rows = [row for row in result.metrics if row["cutoff"] == cutoff]
            at = "" if cutoff == EVERYTHING else f", cutoff {cutoff}"
            tables.append(shape_table(rows, EXPOSURE_METRICS, f"What is shown to everybody{at}"))
            tables.append(shape_table(rows, LIST_METRICS, f"What the lists are like{at}"))
        tables.append(segment_table(main, result.settings))
        if result.comparisons:
            tables.append(comparison_table(result))
        tables.append(count_table(result))
        for table in tables:
            if table:
                console.print(table)
                console.print()
        for note in result.notes:
            console.print(f"Note: {note}", markup=False, style="dim")
    console.print(result.conclusion, markup=False, style="bold", soft_wrap=True)


def new_table(title: str) -> Table:
    """An empty table in this script's looks."""
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
    )


def accuracy_table(rows: Sequence[Row], is_mean: bool, wide: bool, settings: Settings) -> Table:
    """Strategies by accuracy metrics, where there is room with half the normal interval."""
    found = {(row["k"], row["strategy"], row["metric"]): row for row in everybody(rows)}
    title = f"Accuracy{', mean over cutoffs' if is_mean else ''}"
    if wide:
        title += f" (± half the {settings.confidence * 100:g} % normal interval)"
    table = new_table(title)
    table.add_column("K", justify="right")
    table.add_column("strategy")
    for metric in TABLE_METRICS:
        table.add_column(metric, justify="right", no_wrap=True)
    table.add_column("users", justify="right")
    for k in settings.ks:
        names = [name for (at, name, metric) in found if at == k and metric == "ndcg"]
        names.sort(key=lambda name: -found[k, name, "ndcg"]["value"])
        for name in names:
            cells = [
                with_half(found[k, name, metric])
                if wide
                else f"{found[k, name, metric]['value']:.4f}"
                for metric in TABLE_METRICS
            ]
            table.add_row(str(k), name, *cells, f"{found[k, name, 'ndcg']['n']:,}")
        table.add_section()
    return table


def cutoff_table(result: Evaluation, cutoffs: Sequence[str]) -> Table:
    """Strategies by cutoffs, for the primary metric."""
    metric, k = result.settings.primary_metric, result.settings.sentence_k
    found = {
        (row["strategy"], row["cutoff"]): row
        for row in everybody(result.metrics)
        if row["metric"] == metric and row["k"] == k
    }
    table = new_table(f"{result.settings.about} by cutoff")
    table.add_column("strategy")
    for cutoff in cutoffs:
        users = max((row["n"] for (_, at), row in found.items() if at == cutoff), default=0)
        table.add_column(f"{cutoff}\n{users:,} users", justify="right")
    for name in dict.fromkeys(name for name, _ in found):
        cells = [
            with_half(found[name, cutoff]) if (name, cutoff) in found else "-" for cutoff in cutoffs
        ]
        table.add_row(name, *cells)
    return table


def shape_table(rows: Sequence[Row], wanted: Sequence[str], title: str) -> Table | None:
    """Strategies by metrics that do not need the truth, as far as they were computed."""
    found = {(row["k"], row["strategy"], row["metric"]): row for row in everybody(rows)}
    there = {metric for _, _, metric in found}
    metrics = [metric for metric in wanted if metric in there]
    if not metrics:
        return None
    table = new_table(title)
    table.add_column("K", justify="right")
    table.add_column("strategy", no_wrap=True)
    for metric in metrics:
        table.add_column(HEADINGS[metric], justify="right", no_wrap=True)
    for k in sorted({k for k, _, _ in found}):
        for name in sorted({name for at, name, _ in found if at == k}):
            cells = [
                shortened(found[k, name, metric]["value"]) if (k, name, metric) in found else "-"
                for metric in metrics
            ]
            table.add_row(str(k), name, *cells)
        table.add_section()
    return table


def segment_table(rows: Sequence[Row], settings: Settings) -> Table | None:
    """Segments by strategies, for the primary metric."""
    metric, k = settings.primary_metric, settings.sentence_k
    found = {
        (row["segment"], row["strategy"]): row
        for row in rows
        if row["metric"] == metric and row["k"] == k
    }
    first = [EVERYTHING, "new", "existing"]
    last = ["warm_items", "cold_items"]
    there = {segment for segment, _ in found}
    segments = [segment for segment in first if segment in there]
    segments += sorted(there - {*first, *last}, key=activity_order)
    segments += [segment for segment in last if segment in there]
    if len(segments) < 2:
        return None
    names = sorted({name for _, name in found})
    table = new_table(f"{settings.about} by segment")
    table.add_column("segment", no_wrap=True)
    table.add_column("users", justify="right", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for segment in segments:
        users = max(row["n"] for (at, _), row in found.items() if at == segment)
        cells = [
            f"{found[segment, name]['value']:.4f}" if (segment, name) in found else "-"
            for name in names
        ]
        table.add_row(segment.replace("_", " "), f"{users:,}", *cells)
    return table


def activity_order(segment: str) -> tuple[float, str]:
    """Buckets such as activity_5_to_19 by their number, other labels by the alphabet."""
    number = segment.removeprefix("activity_").split("_")[0]
    return (float(number) if number.isdecimal() else math.inf, segment)


def comparison_table(result: Evaluation) -> Table:
    """Paired differences for the primary metric, over all cutoffs where there are several."""
    settings = result.settings
    rows = [
        row
        for row in result.comparisons
        if row["metric"] == settings.primary_metric and row["k"] == settings.sentence_k
    ]
    if any(row["cutoff"] == EVERYTHING for row in rows):
        rows = [row for row in rows if row["cutoff"] == EVERYTHING]
    table = new_table(
        f"Paired differences in {settings.about}, sign-flip test, "
        "Holm-adjusted over strategies (* the best baseline)"
    )
    for column in ("strategy", "against"):
        table.add_column(column)
    for column in ("difference", "low", "high", "p", "p (Holm)"):
        table.add_column(column, justify="right")
    table.add_column("verdict")
    for row in rows:
        low, high = row["low"], row["high"]
        if row["bootstrap_low"] is not None:
            low, high = row["bootstrap_low"], row["bootstrap_high"]
        table.add_row(
            row["strategy"],
            row["baseline"] + ("*" if row["is_best_baseline"] else ""),
            f"{row['difference']:+.4f}",
            "-" if low is None else f"{low:+.4f}",
            "-" if high is None else f"{high:+.4f}",
            f"{row['p_value']:.4f}",
            f"{row['p_holm']:.4f}",
            row["verdict"],
        )
    return table


def count_table(result: Evaluation) -> Table:
    """Who was evaluated, who was not and why, by cutoff."""
    cutoffs = list(dict.fromkeys(row["cutoff"] for row in result.counts))
    found: dict[str, dict[str, int]] = {}
    for row in result.counts:
        what = {
            "evaluated": "evaluated",
            "left_out": f"left out: {row['reason']}",
            "without_list": f"evaluated without a list of {row['strategy']} (score 0)",
            "lists": f"lists of {row['strategy']}",
        }[row["what"]]
        if row["what"] != "without_list" or row["users"]:
            found.setdefault(what, {})[row["cutoff"]] = row["users"]
    table = new_table("Users")
    table.add_column("")
    for cutoff in cutoffs:
        table.add_column("users" if cutoff == EVERYTHING else cutoff, justify="right")
    for what, users in found.items():
        table.add_row(
            what, *(f"{users[cutoff]:,}" if cutoff in users else "-" for cutoff in cutoffs)
        )
    return table


def everybody(rows: Sequence[Row]) -> list[Row]:
    """The rows that are about all users."""
    return [row for row in rows if row["segment"] == EVERYTHING]


def with_half(row: Row) -> str:
    """A mean and half of its interval."""
    if row["high"] is None:
        return f"{row['value']:.4f}"
    return f"{row['value']:.4f} ±{row['high'] - row['value']:.4f}"


def shortened(value: float) -> str:
    """Four decimal places below 10, fewer above."""
    if math.isclose(value, round(value), abs_tol=1e-12):
        return f"{value:,.0f}"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.2f}"
