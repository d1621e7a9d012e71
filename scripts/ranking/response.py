"""The response model: does a user who is shown a ping respond to it?

The stages of the lists learn whom a ping finds at all. This one learns from what was shown alone,
from pairs with and without a response, and scores any pair by the log odds of one (LightGBM).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ranking.data import (
    KEYS,
    SEED,
    Fact,
    Importance,
    Skip,
    auc,
    earlier_and_newest,
    importance_of,
    importance_rows,
    log_loss,
    metric_rows,
    parameter_rows,
    sigmoid,
    training_cutoffs,
)
from ranking.gbdt import ROWS_PER_THREAD, lightgbm, load

if TYPE_CHECKING:
    from lightgbm import Booster

STAGE = "response"
TREES = 150
LEAST_ROWS = 100  # of a slice, with ten of each class: with fewer, what is learned is noise
LEAST_OF_CLASS = 10
# The label is a response, and for a little of it whether the watch time was longer than is usual
# for the length: a half-watched short video alone does not say that somebody liked it.
LONG_WEIGHT = 0.1
PARAMETERS: dict[str, Any] = {
    "objective": "cross_entropy",
    "learning_rate": 0.05,
    "num_leaves": 12,
    "min_data_in_leaf": 200,
    "lambda_l2": 50.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 127,
    "seed": SEED,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
NAMES = (
    "response_rate",
    "plain_rate",
    "length_rate",
    "mean_ratio",
    "ping_watch",
    "ping_skipped",
    "creator_positive",
    "creator_watch",
    "category_positive",
    "category_watch",
    "ping_log_shown",
    "log_duration",
    "user_positive",
    "user_ratio",
    "user_skipped",
    "user_watch",
    "user_log_watch",
    "watch_reach",
    "user_log_shown",
    "user_duration_positive",
    "user_category_positive",
    "user_signup_percentile",
    "age_days",
)
SCORES = pa.schema([("user_key", pa.int32()), ("ping_key", pa.int32()), ("response", pa.float64())])


@dataclass(frozen=True)
class Trained:
    """A trained model, as LightGBM's text.

    importance: gain and number of splits of each feature. metrics: by slice and name.
    """

    model: str
    parameters: dict[str, Any]
    importance: Importance
    metrics: dict[tuple[str, str], float]


def matrix(table: pa.Table) -> np.ndarray:
    """The features of a table, rows × NAMES, as float32."""
    return np.column_stack([table[name].to_numpy().astype(np.float32) for name in NAMES])


def train(table: pa.Table, cutoffs: pa.Table) -> Trained:
    """Fit on the earlier cutoffs to be measured on the newest, and then on all.

    table: int_ranking_response_examples, in any order. cutoffs: int_ranking_cutoffs. Raises Skip
    where there is too little of either slice.
    """
    library = lightgbm()
    table = table.sort_by([(key, "ascending") for key in KEYS])
    earlier, newest = earlier_and_newest(training_cutoffs(cutoffs))
    features, responded = matrix(table), table["is_response"].to_numpy() > 0
    labels = (1 - LONG_WEIGHT) * responded + LONG_WEIGHT * table["is_long"].to_numpy()
    slices = {
        "training": np.isin(table["cutoff_key"].to_numpy(), earlier),
        "validation": table["cutoff_key"].to_numpy() == newest,
    }
    for name, rows in slices.items():
        what = "to learn from" if name == "training" else "to check with"
        of_class = int(min(responded[rows].sum(), (~responded[rows]).sum()))
        if rows.sum() < LEAST_ROWS or of_class < LEAST_OF_CLASS:
            raise Skip(
                f"of what was shown, {rows.sum()} pairs are {what}, {of_class} of the rarer class, "
                f"and {LEAST_ROWS} with {LEAST_OF_CLASS} are the least"
            )

    def fitted(rows: np.ndarray) -> Booster:
        parameters = PARAMETERS | {
            "num_threads": int(np.clip(rows.sum() // ROWS_PER_THREAD, 1, os.cpu_count() or 1)),
            "min_data_in_leaf": int(np.clip(rows.sum() // 200, 5, 200)),
        }
        data = library.Dataset(features[rows], labels[rows], feature_name=list(NAMES))
        return library.train(parameters, data, TREES)

    checked = fitted(slices["training"])
    metrics = {}
    for name, rows in slices.items():
        scores = checked.predict(features[rows], raw_score=True)
        metrics |= {
            (name, "auc"): auc(responded[rows], scores),
            (name, "log_loss"): log_loss(responded[rows], sigmoid(scores)),
            (name, "rows"): float(rows.sum()),
            (name, "relevant_rows"): float(responded[rows].sum()),
        }
    final = fitted(np.ones(len(labels), bool))
    return Trained(
        model=final.model_to_string(),
        parameters={**PARAMETERS, "trees": TREES, "long_weight": LONG_WEIGHT},
        importance=importance_of(final, NAMES),
        metrics=metrics,
    )


def rows_of(trained: Trained) -> list[Fact]:
    """A trained model as facts."""
    rows: list[Fact] = [
        (
            "status",
            "trained",
            None,
            f"trained on {trained.metrics['training', 'rows']:.0f} and checked with "
            f"{trained.metrics['validation', 'rows']:.0f} later pairs that were shown.",
        ),
        ("model", "model", None, trained.model),
    ]
    rows += parameter_rows(trained.parameters)
    rows += importance_rows(trained.importance)
    return rows + metric_rows(trained.metrics)


def scored(model: str, table: pa.Table) -> pa.Table:
    """Each row's log odds of a response. table: features, in any order."""
    table = table.sort_by([("user_key", "ascending"), ("ping_key", "ascending")])
    if not table.num_rows:
        return SCORES.empty_table()
    scores = load(model).predict(matrix(table), raw_score=True)
    columns = [table[key].combine_chunks().cast(pa.int32()) for key in ("user_key", "ping_key")]
    return pa.table([*columns, pa.array(scores)], schema=SCORES)
