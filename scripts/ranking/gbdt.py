"""Stage 2: gradient-boosted trees that learn to rank (LightGBM, lambdarank).

The trees start from the prior score, the logarithm of recent popularity, and learn corrections to
it: without a tree, the list is the trending one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ranking.contributions import contributions
from ranking.data import (
    FAMILIES,
    FEATURES,
    NAMES,
    PRIOR,
    SEED,
    Examples,
    Fact,
    Importance,
    Skip,
    auc,
    best_rows,
    calibration,
    importance_of,
    importance_rows,
    log_loss,
    matrix,
    metric_rows,
    ndcg,
    parameter_rows,
    sigmoid,
    split,
)
from ranking.own import Own

if TYPE_CHECKING:
    from lightgbm import Booster, Dataset

STAGE = "gbdt"
MOST_TREES = 300
ROWS_PER_THREAD = 50_000
PATIENCE = 60  # trees without a better AUC on the later slice, after which training stops
PARAMETERS: dict[str, Any] = {
    "objective": "lambdarank",
    "metric": "auc",  # what training stops by: NDCG is too noisy on a thousand lists
    "lambdarank_truncation_level": 20,
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
LISTS = pa.schema(
    [
        ("user_key", pa.int32()),
        ("ping_key", pa.int32()),
        ("list_rank", pa.int64()),
        ("score", pa.float64()),
    ]
)


def lightgbm() -> ModuleType:
    """The library. Raises Skip where it is not installed."""
    # read when the library is loaded: threads that spin while they wait for each other take the
    # processor from all else, and from each other where there is other work
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        import lightgbm as library
    except (ImportError, OSError) as error:
        raise Skip(
            "lightgbm cannot be loaded: pip install -r requirements-ranking.txt (or make ranking)"
        ) from error
    return library


@dataclass(frozen=True)
class Trained:
    """A trained stage.

    model, earlier_model: LightGBM's text; the earlier one was not shown the newest cutoff.
    own: the own features that it goes by.
    importance: gain and number of splits of each feature. metrics: by slice and name.
    """

    model: str
    earlier_model: str
    own: Own
    parameters: dict[str, Any]
    importance: Importance
    metrics: dict[tuple[str, str], float]


def train(examples: Examples, cutoffs: pa.Table) -> Trained:
    """Fit on the earlier cutoffs, stop by the newest, then fit as many trees on all of them."""
    library = lightgbm()
    fitted, held_out = split(examples, cutoffs)
    names = [*NAMES, *examples.own.names]
    grades = np.unique(examples.grades)
    parameters = {
        **PARAMETERS,
        "label_gain": grades.tolist(),
        # threads that wait for each other cost more than they help on little data
        "num_threads": int(
            np.clip(len(examples.grades) // ROWS_PER_THREAD, 1, os.cpu_count() or 1)
        ),
        "min_data_in_leaf": int(np.clip(len(fitted.grades) // 200, 5, 200)),
    }

    if examples.own.texts:
        parameters["min_data_per_group"] = parameters["min_data_in_leaf"]  # of rows of some texts

    def dataset(part: Examples, reference: Dataset | None = None) -> Dataset:
        return library.Dataset(
            part.features,
            np.searchsorted(grades, part.grades),
            group=part.sizes,
            init_score=part.prior,
            feature_name=names,
            categorical_feature=[len(NAMES) + place for place in examples.own.categories],
            reference=reference,
            free_raw_data=False,
        )

    fit_set = dataset(fitted)
    earlier = library.train(
        parameters,
        fit_set,
        MOST_TREES,
        valid_sets=[dataset(held_out, fit_set)],
        callbacks=[library.early_stopping(PATIENCE, verbose=False)],
    )
    trees = max(earlier.best_iteration, 1)
    final = library.train(parameters, dataset(examples), trees)
    scored = [
        (name, part, raw_scores(earlier, part.features, part.prior, trees))
        for name, part in (("training", fitted), ("validation", held_out))
    ]
    slope, intercept = calibration(fitted.grades > 0, scored[0][2])
    metrics = {}
    for name, part, scores in scored:
        relevant = part.grades > 0
        metrics |= {
            (name, "ndcg_at_10"): ndcg(part, scores),
            (name, "ndcg_at_10_of_recent_popularity"): ndcg(part, part.prior),
            (name, "auc"): auc(relevant, scores),
            (name, "log_loss"): log_loss(relevant, sigmoid(slope * scores + intercept)),
            (name, "lists"): float(len(part.sizes)),
            (name, "rows"): float(len(relevant)),
            (name, "relevant_rows"): float(relevant.sum()),
        }
    return Trained(
        model=final.model_to_string(),
        earlier_model=earlier.model_to_string(num_iteration=trees),
        own=examples.own,
        parameters={**parameters, "trees": trees, "most_trees": MOST_TREES, "patience": PATIENCE},
        importance=importance_of(final, names),
        metrics=metrics,
    )


def rows_of(trained: Trained) -> list[Fact]:
    """A trained stage as facts."""
    rows: list[Fact] = [
        (
            "status",
            "trained",
            None,
            f"trained on {trained.metrics[('training', 'lists')]:.0f} and "
            f"checked with {trained.metrics[('validation', 'lists')]:.0f} later lists.",
        ),
        ("model", "model", None, trained.model),
        ("model", "earlier_model", None, trained.earlier_model),
        ("model", "own", None, trained.own.to_json()),
    ]
    rows += parameter_rows(trained.parameters)
    rows += importance_rows(trained.importance)
    return rows + metric_rows(trained.metrics)


def load(model: str) -> Booster:
    """A model from LightGBM's text."""
    return lightgbm().Booster(model_str=model)


def raw_scores(
    model: Booster, features: np.ndarray, prior: np.ndarray, trees: int | None = None
) -> np.ndarray:
    """Scores of rows: the prior and what the trees add to it."""
    return prior + model.predict(features, raw_score=True, num_iteration=trees)


def ranked(model: Booster, own: Own, k: int, batch: pa.Table) -> pa.Table:
    """The k best of each user. batch: of int_ranking_serving_features, whole users."""
    users, pings = batch["user_key"].to_numpy(), batch["ping_key"].to_numpy()
    scores = raw_scores(model, matrix(batch, own), batch[PRIOR].to_numpy())
    best = best_rows(users, pings, scores, k)
    return listed(users[best], pings[best], scores[best])


def listed(users: np.ndarray, pings: np.ndarray, scores: np.ndarray) -> pa.Table:
    """Rows that are in the order of their lists, numbered from 1 for each user."""
    starts = np.flatnonzero(np.r_[True, np.diff(users) != 0]) if len(users) else np.array([], int)
    ranks = 1 + np.arange(len(users)) - np.repeat(starts, np.diff(np.r_[starts, len(users)]))
    columns = (users, pings, ranks, scores)
    arrays = [pa.array(column, kind.type) for column, kind in zip(columns, LISTS, strict=True)]
    return pa.table(arrays, schema=LISTS)


def parts(
    model: Booster, own: Own, features: np.ndarray, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What each score is made of: rows × FAMILIES, and rows × NAMES and own names.

    The contributions are LightGBM's SHAP values; with the prior and the mean, which count as
    popularity, they add up to the score.
    """
    explained = contributions(model, features)
    by_feature, mean = explained[:, :-1], explained[:, -1]
    families = np.array(
        [FAMILIES.index(family) for family, _ in (FEATURES | own.features).values()]
    )
    summed = np.column_stack([by_feature[:, families == n].sum(1) for n in range(len(FAMILIES))])
    summed[:, FAMILIES.index("popularity")] += prior + mean
    return summed, by_feature
