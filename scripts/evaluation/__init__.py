"""The offline evaluation: from lists and truth to metrics, intervals, tests and one sentence.

Given what each strategy recommended (`lists`) and what happened afterwards (`truth`), `evaluate`
works out how good, how varied and how personal the lists are, how sure one can be, and which
strategies really differ. Everything that touches a row per user is SQL in DuckDB; the bootstrap
and the sign-flip test are matrix products over blocks of users. Apart from reading the given
files nothing here has an effect: `scripts/evaluate.py` writes the results.

Words used in the modules, for one user and one cutoff of the list at K:

    L    the user's list cut at K, position 1 first; it may be shorter than K
    T    the user's relevant pings: truth rows with relevance > 0 (not seen before the cutoff)
    R    the number of pings in T
    g    the relevance of a ping, 0 where it is not in T

A user in the truth without a list scores 0 in every accuracy metric. Each function that computes a
metric states its formula, where it comes from, and which libraries give the same number.
"""

from __future__ import annotations

from typing import Any

import duckdb

from common import InputError, Row
from evaluation.accuracy import score_accuracy
from evaluation.comparisons import intervals_and_tests
from evaluation.conclusion import conclude
from evaluation.context import load_history, load_items, load_users
from evaluation.exposure import exposure_metrics
from evaluation.files import open_inputs
from evaluation.list_metrics import score_lists
from evaluation.lists_and_truth import check_lists, check_truth, load_keys, load_lists_and_truth
from evaluation.means import mean_metrics, note_no_hits, note_seen
from evaluation.per_user import PER_USER_COLUMNS, assemble_per_user, write_per_user
from evaluation.population import count_users, find_evaluated_users
from evaluation.run import Run
from evaluation.settings import (
    ACCURACY_METRICS,
    EVERYTHING,
    EXPOSURE_METRICS,
    LIST_METRICS,
    METRICS,
    Evaluation,
    Inputs,
    OnStep,
    Settings,
    check_settings,
)

__all__ = [
    "ACCURACY_METRICS",
    "EVERYTHING",
    "EXPOSURE_METRICS",
    "LIST_METRICS",
    "METRICS",
    "PER_USER_COLUMNS",
    "Evaluation",
    "InputError",
    "Inputs",
    "OnStep",
    "Row",
    "Settings",
    "check_settings",
    "evaluate",
    "write_per_user",
]


def evaluate(
    connection: duckdb.DuckDBPyConnection,
    inputs: Inputs,
    settings: Settings,
    on_step: OnStep | None = None,
) -> Evaluation:
    """Evaluate the lists. Leaves the temporary table `per_user` behind, see `PER_USER_COLUMNS`.

    Raises InputError where the input or the settings cannot be used.
    """
    step = on_step or (lambda _what, _share: None)
    check_settings(settings)
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set TimeZone = 'UTC'")

    step("reading the lists and the truth", 0.0)
    tables = open_inputs(connection, inputs)
    run = Run(connection, settings, tables)
    load_keys(run)
    load_lists_and_truth(run)
    step("checking the lists and the truth", 0.05)
    check_lists(run)
    check_truth(run)
    step("reading the catalogue, the users and the history", 0.15)
    load_history(run)
    load_items(run)
    load_users(run)
    step("finding the users to evaluate", 0.25)
    find_evaluated_users(run)
    step("scoring the lists", 0.30)
    score_accuracy(run)
    score_lists(run)
    assemble_per_user(run)
    step("averaging over users and segments", 0.50)
    counts = count_users(run)
    metrics = mean_metrics(run) + exposure_metrics(run)
    note_seen(run, metrics)
    note_no_hits(run, metrics)

    def block_step(share: float) -> None:
        step("intervals and tests", 0.60 + 0.40 * share)

    comparisons = intervals_and_tests(run, metrics, block_step)
    step("done", 1.0)
    return Evaluation(
        settings=settings,
        metrics=sorted(metrics, key=_metric_order),
        comparisons=comparisons,
        counts=counts,
        notes=run.notes,
        conclusion=conclude(comparisons, settings, run.strategies),
    )


def _metric_order(row: Row) -> tuple[Any, ...]:
    segment = row["segment"]
    return (
        row["cutoff"] == EVERYTHING,
        row["cutoff"],
        segment != EVERYTHING,
        segment,
        row["k"],
        METRICS.index(row["metric"]),
        row["strategy"],
    )
