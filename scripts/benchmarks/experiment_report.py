"""The tables of the proof of experiments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.experiment_splits import Shares, family


def by_family(shares: Sequence[Shares]) -> dict[str, tuple[float, float]]:
    """How often a difference was seen, and the other number, of the metrics of a kind together."""
    kinds: dict[str, list[Shares]] = defaultdict(list)
    for one in shares:
        if one.splits:
            kinds[family(one.metric)].append(one)
    return {
        kind: tuple(
            sum(getattr(one, name) for one in found) / sum(one.splits for one in found)
            for name in ("seen", "other")
        )
        for kind, found in kinds.items()
    }  # type: ignore[misc]


def show(console: Console, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False)
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    console.print()


def share_rows(shares: Sequence[Shares]) -> list[list[str]]:
    """The families, then each metric."""
    rows = [[kind, *map("{:.2%}".format, found)] for kind, found in by_family(shares).items()]
    rows += [
        [f"  {one.metric}", f"{one.seen / one.splits:.2%}", f"{one.other / one.splits:.2%}"]
        for one in shares
        if one.splits
    ]
    return rows
