#!/usr/bin/env python3
"""Say what the trained ranking stages came to, and how well the engagement classifier does."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb

from common import InputError, Row, add_database, exit_with, named_rows, open_database, run_command
from ranking.told import CLASSIFICATION, Classification

if TYPE_CHECKING:
    from rich.console import Console

STATUS = "select stage, status, explanation from ranking_status order by stage"
NOTHING = "–"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(prog="ranking_report.py", description=__doc__)
    add_database(command)
    return command


def shown(value: object) -> str:
    """A value in a cell."""
    if value is None:
        return NOTHING
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def print_table(
    console: Console, title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """A table whose columns of numbers are to the right."""
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for place, heading in enumerate(headings):
        is_text = all(isinstance(row[place], str) for row in rows)
        table.add_column(heading, justify="left" if is_text else "right")
    for row in rows:
        table.add_row(*map(shown, row))
    console.print(table)


def print_classification(console: Console, found: Classification) -> None:
    """Every number of the test slice, those of the whole slice for all, and losses now and then."""
    if not found.both:
        console.print("The engagement classifier has no rows to be measured on.")
        return
    summary = found.summary()
    print_table(
        console,
        "Engagement classifier: the compound label (ranking_classification)",
        [
            *("slice", "model", "rows", "label 1", "AUC", "from", "to"),
            *("log loss", "accuracy", "calibration error"),
        ],
        [list(row.values()) for row in summary],
    )
    print_table(
        console,
        "By class, on the test rows",
        ["model", "", "rows", "precision", "recall", "F1"],
        [list(row.values()) for row in found.classes()],
    )
    print_table(
        console,
        "Confusion, on the test rows",
        ["model", *(f"is {actual}, called {called}" for actual in (0, 1) for called in (0, 1))],
        [
            [row["model"], *(int(row[cell]) for cell in ("00", "01", "10", "11"))]
            for row in found.confusion()
        ],
    )
    print_table(
        console,
        "Calibration, on the test rows: share of label 1, predicted and actual",
        ["model", "predicted", "rows", "mean", "actual"],
        [list(row.values()) for row in found.calibration()],
    )
    losses = found.losses()
    if losses:
        print_losses(console, losses)
    for sentence in found.missing():
        console.print(f"{NOTHING} {sentence}")
    for sentence in found.verdicts():
        console.print(sentence)


def print_losses(console: Console, losses: Sequence[Row]) -> None:
    """A few of the losses of each model and slice."""
    last = {(row["model"], row["slice"]): row["part_number"] for row in losses}
    print_table(
        console,
        "Log loss while learning: after the first tree or epoch, in the middle, at the end",
        ["model", "slice", "after", "log loss"],
        [
            [row["model"], row["slice"], row["part_number"], row["value"]]
            for row in sorted(losses, key=lambda row: (row["model"], row["slice"]))
            for end in [last[row["model"], row["slice"]]]
            if row["part_number"] in (1, (end + 1) // 2, end)
        ],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)

    def work() -> None:
        from rich.console import Console

        if not given.database.is_file():
            raise InputError(f"there is no warehouse {given.database}: make ranking")
        with open_database(given.database, read_only=True) as connection:
            try:
                status = named_rows(connection.execute(STATUS))
                rows: list[Row] = named_rows(connection.execute(CLASSIFICATION))
            except duckdb.CatalogException as error:
                message = f"{given.database} has no trained ranking stages: make ranking"
                raise InputError(message) from error
        console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        if not console.is_terminal:  # a file or a pipe takes the whole line
            console.width = 200
        print_table(
            console,
            "Ranking stages (ranking_status)",
            ["stage", "status", ""],
            [list(row.values()) for row in status],
        )
        print_classification(console, Classification(rows))

    return run_command("ranking_report.py", work)


if __name__ == "__main__":
    exit_with(main())
