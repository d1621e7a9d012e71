#!/usr/bin/env python3
"""Assign users to the arms of an experiment, say how long it must run, report what it showed.

    experiment.py assign ranker_2 --output raw/experiment_assignments.csv --holdout 0.05
    experiment.py power --metric watch_through_rate --days 14 --lift 0.02
    experiment.py report ranker_2 --html ranker_2.html

docs/experiments.md says what each means.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import duckdb
from rich.console import Console
from rich.progress import MofNCompleteColumn, TimeElapsedColumn

from common import (
    BAD_INPUT,
    OK,
    Ending,
    InputError,
    exit_with,
    first_line,
    progress_bars,
    run_command,
    sentence_of,
)
from experiments.arguments import aim, assigning, parser
from experiments.assign import assign
from experiments.power import power_of
from experiments.warehouse import open_warehouse


def assign_users(given: argparse.Namespace) -> None:
    """Write the assignments that are asked for."""
    print(assign(assigning(given)))


def say_power(given: argparse.Namespace) -> None:
    """Say what an experiment would detect."""
    from experiments.power_output import show, write_chart

    wanted = aim(given)
    columns = MofNCompleteColumn(), TimeElapsedColumn()
    with (
        open_warehouse(given.database) as connection,
        progress_bars(*columns, quiet=given.quiet) as progress,
    ):
        task = progress.add_task(f"{wanted.metric} by days", total=None)

        def on_step(done: int, of: int) -> None:
            progress.update(task, completed=done, total=of)

        try:
            found = power_of(connection, wanted, on_step)
        except duckdb.CatalogException as error:
            raise InputError(f"{given.database} is not built: make build.") from error
    show(found, console_of())
    if given.chart:
        write_chart(found, given.chart)
        print(f"Chart: {given.chart}")


def report(given: argparse.Namespace) -> None:
    """Say what an experiment showed."""
    from experiments.report import found_in, html_page, show, write_forest

    found = found_in(given.database, given.experiment, given.segment)
    show(found, console_of())
    if given.chart:
        write_forest(found, given.chart)
        print(f"Forest plot: {given.chart}")
    if given.html:
        written = html_page(found)
        given.html.write_text(written, encoding="utf-8")
        print(f"Wrote {given.html} ({len(written.encode()) / 1e6:.1f} MB).")


def console_of() -> Console:
    """The terminal; as wide as the tables need where there is none."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=150)


JOBS = {"assign": assign_users, "power": say_power, "report": report}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command(
        f"experiment {given.job}",
        lambda: JOBS[given.job](given),
        # before the other errors of the system, of which it is one
        Ending(BrokenPipeError, OK, lambda _: "the reader of the output has gone."),
        Ending(duckdb.Error, BAD_INPUT, lambda error: f"{first_line(error)}."),
        Ending(OSError, BAD_INPUT, sentence_of),
    )


if __name__ == "__main__":
    exit_with(main())
