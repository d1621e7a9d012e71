#!/usr/bin/env python3
"""Evaluate recommendation lists against what happened afterwards.

Two forms. The first rewinds the warehouse to one or more cutoffs (building into files of its own,
or with `--target` into schemas of its own in PostgreSQL or Spark), and compares every strategy's
lists with what happened in the days after. The second compares any team's lists (user_id, ping_id,
rank, optionally strategy and cutoff) with any truth (user_id, ping_id, relevance, optionally
cutoff). With `--task impressions` the first form ranks what each user was shown after the cutoff,
instead of the whole catalogue (evaluation/shown.py). Tables for reading go to the terminal, and
these files to the output folder:

    metrics.json      settings, counts, notes, metrics, comparisons and the conclusion
    metrics.parquet   one row per cutoff, strategy, segment, K and metric, with intervals and n
    per_user.parquet  one row per cutoff, strategy, user, item scope and K
    metrics.svg       the main metrics with their intervals

What each metric means stands in the folder `evaluation`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import duckdb

from common import (
    FAILED,
    STOPPED,
    TERMINATED,
    TRY_AGAIN,
    Ending,
    TerminatedError,
    default_warehouse,
    ended_by_signal,
    exit_with,
    is_full_disk,
    run_command,
)
from evaluation import Evaluation, Inputs, Settings, check_settings
from evaluation.arguments import build_parser, plan_from, settings_from
from evaluation.endings import (
    FullDiskError,
    duckdb_stopped,
    full_disk,
)
from evaluation.output import check_output
from evaluation.program import progress_bar, run
from evaluation.record import (
    HeldError,
    NotRecordedError,
    check_warehouse,
    record,
    record_elsewhere,
)
from evaluation.rewind import Rewind, rewind
from evaluation.rewound import open_builder
from evaluation.shown import ShownInputs
from evaluation.work_folder import work_folder
from other_engines import DUCKDB
from ranking.promotion import promotion_rows


def evaluate_past(given: argparse.Namespace, settings: Settings, plan: Rewind) -> None:
    """Rewind the warehouse, evaluate what it would have recommended, and record the results."""
    check_settings(settings)
    records = settings.task == "lists" and not given.no_record  # evaluation_metrics is of lists
    if records and given.target == DUCKDB:
        check_warehouse(default_warehouse())
    with work_folder() as folder:
        with (
            progress_bar(given.quiet) as on_step,
            open_builder(given.target, folder) as builder,
        ):
            inputs, notes, log_source = rewind(plan, folder, builder, on_step)
        result = evaluate_files(given, settings, inputs, notes)
    if not records:
        return

    def say(sentence: str) -> None:
        print(sentence, file=sys.stderr, flush=True)

    promotions = promotion_rows(given.output, settings.sentence_k or 0)
    if given.target != DUCKDB:
        say(record_elsewhere(result.metrics, plan.horizon, given.target, log_source, promotions))
        return
    warehouse = default_warehouse()
    say(record(result.metrics, plan.horizon, warehouse, log_source, given.wait, say, promotions))


def evaluate_files(
    given: argparse.Namespace,
    settings: Settings,
    inputs: Inputs | ShownInputs,
    notes: Sequence[str] = (),
) -> Evaluation:
    """Evaluate the files of `inputs` with what else the command line asks for."""
    return run(
        inputs,
        settings,
        given.output,
        chart=not given.no_chart,
        quiet=given.quiet,
        threads=given.threads,
        memory_limit=given.memory_limit,
        notes=notes,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program. Returns the exit code."""
    given = build_parser().parse_args(arguments)

    def work() -> None:
        with ended_by_signal():
            evaluate_as_given()

    def evaluate_as_given() -> None:
        settings = settings_from(given)
        plan = plan_from(given, settings)
        check_output(given.output)
        if plan is None:
            files = (given.lists, given.truth, given.catalogue, given.users, given.history)
            evaluate_files(given, settings, Inputs(*files))
        else:
            evaluate_past(given, settings, plan)

    def unwritable(error: OSError) -> str:
        if is_full_disk(error):
            return full_disk(given.output)
        return f"cannot write to {given.output}: {error.strerror or error}."

    return run_command(
        "evaluate",
        work,
        Ending(HeldError, TRY_AGAIN),
        Ending(NotRecordedError, FAILED),
        Ending(FullDiskError, FAILED, lambda _: full_disk(given.output)),
        Ending(duckdb.Error, FAILED, lambda error: duckdb_stopped(error, given.output)),
        Ending(OSError, FAILED, unwritable),
        Ending(KeyboardInterrupt, STOPPED, lambda _: "stopped; no file was changed."),
        Ending(TerminatedError, TERMINATED, lambda _: "ended from outside; no file was changed."),
    )


if __name__ == "__main__":
    exit_with(main())
