"""The tables of an evaluation of what was shown, for reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from common import Row
from evaluation.settings import EVERYTHING, FAIR, SHOWN_KS, Evaluation, Settings
from evaluation.terminal import (
    WIDTH_FOR_INTERVALS,
    comparison_table,
    cutoff_table,
    everybody,
    new_table,
    segment_table,
    with_half,
)

LABELS = {
    "": "What was shown, ranked: who responded",
    FAIR: "By watch time against others of that length (duration-fair)",
}


def show_shown(result: Evaluation, console: Console, *, quiet: bool = False) -> None:
    """Print what a reader needs; everything is in the files."""
    settings = result.settings
    if not quiet:
        cutoffs = list(dict.fromkeys(row["cutoff"] for row in result.metrics))
        main = [row for row in result.metrics if row["cutoff"] == cutoffs[-1]]
        several = len(cutoffs) > 1
        wide = console.width >= WIDTH_FOR_INTERVALS
        tables = [label_table(main, prefix, several, wide, settings) for prefix in LABELS]
        if several:
            tables.append(cutoff_table(result, cutoffs[:-1]))
        tables.append(segment_table(main, settings))
        # Baselines among themselves are in the files.
        told = [row for row in result.comparisons if row["strategy"] not in settings.baselines]
        if told:
            tables.append(comparison_table(replace(result, comparisons=told)))
        tables.append(count_table(result.counts))
        for table in tables:
            if table:
                console.print(table)
                console.print()
        for note in result.notes:
            console.print(f"Note: {note}", markup=False, style="dim")
    console.print(result.conclusion, markup=False, style="bold", soft_wrap=True)


def label_table(
    rows: Sequence[Row], prefix: str, is_mean: bool, wide: bool, settings: Settings
) -> Table | None:
    """Strategies by the metrics of one label, the best first."""
    found = {(row["strategy"], row["metric"]): row for row in everybody(rows)}
    names = [name for name, metric in found if metric == f"{prefix}gauc"]
    if not names:
        return None
    names.sort(key=lambda name: -found[name, f"{prefix}gauc"]["value"])
    title = f"{LABELS[prefix]}{', mean over cutoffs' if is_mean else ''}"
    if wide:
        title += f" (± half the {settings.confidence * 100:g} % normal interval)"
    table = new_table(title)
    table.add_column("strategy")
    for metric, k in SHOWN_KS.items():
        heading = f"{prefix}{metric}" + ("" if k is None else f"@{k}")
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("users", justify="right")
    for name in names:
        cells = [found[name, f"{prefix}{metric}"] for metric in SHOWN_KS]
        shown = [with_half(row) if wide else f"{row['value']:.4f}" for row in cells]
        table.add_row(name, *shown, f"{cells[0]['n']:,}")
    return table


def count_table(counts: Sequence[Row]) -> Table:
    """Who was evaluated by each label, who was not and why, by cutoff."""
    cutoffs = list(dict.fromkeys(row["cutoff"] for row in counts))
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in counts:
        what = "evaluated" if row["what"] == "evaluated" else f"left out: {row['reason']}"
        found.setdefault((row["label"], what), {})[row["cutoff"]] = row["users"]
    table = new_table("Users")
    table.add_column("label")
    table.add_column("")
    for cutoff in cutoffs:
        table.add_column("users" if cutoff == EVERYTHING else cutoff, justify="right")
    for (label, what), users in found.items():
        cells = (f"{users[cutoff]:,}" if cutoff in users else "-" for cutoff in cutoffs)
        table.add_row(label, what, *cells)
    return table
