"""The evaluation of an order of what was shown: did those that a strategy puts first get responses?

For each user, the pings that were in fact shown after the cutoff, each once, are ranked by a
strategy's scores. Lists from the whole catalogue partly predict what the recommender of then would
show; this does not. Two labels, each with the same metrics:

    response   a like, comment, share, or a view from `high_engagement_ratio` of the length on
    fair       a longer watch time than half of the views of pings of like length (`shown_labels`)

Users with one class, who responded to all or to nothing, tell nothing of an order: they are left
out and counted. What each metric means is in `shown_metrics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from common import InputError, Row
from evaluation.comparisons import intervals_and_tests
from evaluation.conclusion import conclude
from evaluation.context import load_history, load_users
from evaluation.files import open_table
from evaluation.lists_and_truth import in_order_of_time, number_keys
from evaluation.means import mean_rows
from evaluation.settings import (
    EVERYTHING,
    FAIR,
    SHOWN_KS,
    SHOWN_METRICS,
    Evaluation,
    OnStep,
    Settings,
    check_settings,
)
from evaluation.shown_labels import count_users, label_pairs, load_pairs, note_pairs
from evaluation.shown_metrics import ShownRun, keep_users, load_scores, rank_shown, start_users

PREFIXES = {"response": "", "fair": FAIR}  # of a label's metrics


@dataclass(frozen=True)
class ShownInputs:
    """What to evaluate: Parquet files, or folders of them, each with the column `cutoff`.

    pairs: user_id, ping_id of what was shown after the cutoff, has_response, watch_time_sec,
        duration_sec, is_user_known and is_ping_known (at the cutoff)
    scores: strategy, user_id, ping_id, score: higher ones first. A pair that a strategy gives no
        score comes after all that it does, and ties with others of that kind
    users, history: as for lists
    """

    pairs: Path
    scores: Path
    users: Path
    history: Path


def evaluate_shown(
    connection: duckdb.DuckDBPyConnection,
    inputs: ShownInputs,
    settings: Settings,
    on_step: OnStep | None = None,
) -> Evaluation:
    """Evaluate the scores. Leaves the temporary table `per_user` behind."""
    step = on_step or (lambda _what, _share: None)
    check_settings(settings)
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set TimeZone = 'UTC'")

    step("reading what was shown", 0.0)
    kinds = ("pairs", "scores", "users", "history")
    tables = {kind: open_table(connection, kind, getattr(inputs, kind)) for kind in kinds}
    run = ShownRun(connection, settings, tables)
    found = {kind: run.find_cutoffs(kind) for kind in kinds}
    run.cutoffs = in_order_of_time(run, {name for name in found["pairs"] if name})
    rows = run.sql(f"select distinct strategy from {tables['scores'].relation}")
    run.strategies = sorted(name for (name,) in rows)
    number_keys(run)
    load_pairs(run)
    load_scores(run)
    start_users(run)
    load_history(run)
    load_users(run)
    note_pairs(run)
    metrics: list[Row] = []
    comparisons: list[Row] = []
    counts: list[Row] = []
    for place, (label, prefix) in enumerate(PREFIXES.items()):

        def advance(share: float, place: int = place) -> None:
            step("intervals and tests", 0.3 + (place + share) * 0.35)

        step("ranking what was shown", 0.2 + place * 0.35)
        label_pairs(run, label)
        counts += count_users(run, label)
        if not run.sql("select 1 from evaluated_users limit 1"):
            run.notes.append(_why_nobody(run, label))
            continue
        rank_shown(run)
        keep_users(run, label)
        found_metrics = [
            row
            for segmentation in run.segmentations()
            for pooled in ([False, True] if len(run.cutoffs) > 1 else [False])
            for row in mean_rows(
                run, run.user_values(*segmentation, "true", pooled=pooled), SHOWN_METRICS
            )
        ]
        found_comparisons = intervals_and_tests(run, found_metrics, advance)
        for row in [*found_metrics, *found_comparisons]:
            row["k"] = SHOWN_KS[row["metric"]]
            row["metric"] = prefix + row["metric"]
        metrics += found_metrics
        comparisons += found_comparisons
    if not any(row["metric"] == settings.primary_metric for row in metrics):
        raise InputError(
            f"nobody can be evaluated by {settings.primary_metric}: {'; '.join(run.notes[-2:])}"
        )
    step("done", 1.0)
    order = settings.primary_metrics
    return Evaluation(
        settings=settings,
        metrics=sorted(
            metrics,
            key=lambda row: (
                row["cutoff"] == EVERYTHING,
                row["cutoff"],
                row["segment"] != EVERYTHING,
                row["segment"],
                order.index(row["metric"]),
                row["strategy"],
            ),
        ),
        comparisons=comparisons,
        counts=counts,
        notes=run.notes,
        conclusion=conclude(comparisons, settings, run.strategies),
    )


def _why_nobody(run: ShownRun, label: str) -> str:
    if label == "fair" and not run.sql("select 1 from shown where watch_time_sec > 0 limit 1"):
        return "there is no watch time after the cutoff, and so no duration-fair label."
    by = "a response" if label == "response" else "a long watch time"
    return f"no user has both pings with {by} and pings without one among what was shown."
