"""An evaluation from inputs to files and tables: where both forms of the command meet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.progress import TaskProgressColumn, TimeElapsedColumn

from common import InputError, progress_bars
from evaluation import Evaluation, Inputs, OnStep, Settings, evaluate
from evaluation.output import check_output, write_files
from evaluation.shown import ShownInputs, evaluate_shown
from evaluation.shown_terminal import show_shown
from evaluation.terminal import WIDTH_WITHOUT_TERMINAL, show
from evaluation.work_folder import work_folder


@dataclass(frozen=True)
class Task:
    """How one kind of evaluation is computed and printed."""

    evaluate: Callable[..., Evaluation]
    show: Callable[..., None]
    has_chart: bool


TASKS = {
    "lists": Task(evaluate, show, has_chart=True),
    "impressions": Task(evaluate_shown, show_shown, has_chart=False),
}


@contextmanager
def progress_bar(quiet: bool) -> Iterator[OnStep]:
    """A bar on the terminal's error stream; nothing where that is not a terminal."""
    with progress_bars(TaskProgressColumn(), TimeElapsedColumn(), quiet=quiet) as progress:
        task = progress.add_task("starting", total=1.0)
        yield lambda what, share: progress.update(task, description=what, completed=share)


def run(
    inputs: Inputs | ShownInputs,
    settings: Settings,
    output: Path,
    *,
    chart: bool = True,
    quiet: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
    notes: Sequence[str] = (),
) -> Evaluation:
    """Evaluate, write the files and print the tables: where both forms meet.

    notes: sentences about the inputs, to stand before those of the evaluation.
    """
    check_output(output)
    task = TASKS[settings.task]
    with work_folder() as folder:
        connection = connect(folder / "spill", threads, memory_limit)
        with connection, progress_bar(quiet) as on_step:
            result = task.evaluate(connection, inputs, settings, on_step)
            result = replace(result, notes=[*notes, *result.notes])
            on_step("writing the files", 1.0)
            output.mkdir(parents=True, exist_ok=True)
            write_files(connection, result, output, chart=chart and task.has_chart)
    width = None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL
    # strategies and segments are named as lists and logs name them, whatever brackets are in that
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    task.show(result, console, quiet=quiet)
    return result


def connect(
    spill: Path, threads: int | None = None, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """An empty database in memory that may spill to disk."""
    config: dict[str, Any] = {"temp_directory": str(spill)}
    if threads:
        config["threads"] = threads
    if memory_limit:
        config["memory_limit"] = memory_limit
    try:
        return duckdb.connect(":memory:", config=config)
    except duckdb.Error as error:
        if memory_limit:
            raise InputError(
                f"--memory-limit {memory_limit} is not a size: write it like 4GB."
            ) from error
        raise
