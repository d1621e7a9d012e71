"""SHAP values of many rows: LightGBM's, computed once for all rows that a tree does not tell apart.

A tree sees of a number only between which of its thresholds it lies, and whether it is missing or
zero. Rows that are alike in that have the same contributions from this tree, and a small tree knows
a few hundred kinds of rows: LightGBM explains one of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lightgbm import Booster

MOST_KINDS = 1 << 40  # from as many possible kinds on, those that there are get new numbers
LEAST = np.float32(1e-35)  # up to it, a number is zero to LightGBM


def contributions(model: Booster, features: np.ndarray) -> np.ndarray:
    """Rows × features and the mean, as `predict(pred_contrib=True)` gives them, but that the terms
    of a sum are added tree by tree.
    """
    total = np.zeros((features.shape[1] + 1, len(features)))
    if not len(features):
        return total.T
    for number, tree in enumerate(model.dump_model()["tree_info"]):
        kinds, rows = np.unique(kinds_of(tree, features), return_inverse=True)
        first = np.zeros(len(kinds), int)
        first[rows] = np.arange(len(rows))  # any row of the kind
        of_kinds = model.predict(
            features[first], start_iteration=number, num_iteration=1, pred_contrib=True
        )
        for place in np.flatnonzero((of_kinds != 0).any(axis=0)):
            total[place] += of_kinds[rows, place]
    return total.T


def kinds_of(tree: dict[str, Any], features: np.ndarray) -> np.ndarray:
    """Equal numbers for rows that the tree does not tell apart."""
    thresholds: dict[int, list[float] | None] = {}
    for feature, threshold in splits(tree["tree_structure"]):
        if isinstance(threshold, str):  # a set of codes of texts
            thresholds[feature] = None
        else:
            thresholds.setdefault(feature, []).append(threshold)  # type: ignore[union-attr]
    kinds, count = np.zeros(len(features), np.int64), 1
    for feature, values in thresholds.items():
        column = features[:, feature].astype(np.float64)
        if values is None:
            places = np.unique(column, return_inverse=True)[1]
            size = int(places.max()) + 1
        else:
            between = np.searchsorted(np.unique(values), column)  # what is missing lies behind all
            size = 2 * (len(values) + 2)
            is_zero = np.abs(column) <= LEAST
            places = np.where(np.isnan(column), size - 1, 2 * between + is_zero)
        if count * size > MOST_KINDS:
            kinds = np.unique(kinds, return_inverse=True)[1]
            count = int(kinds.max()) + 1
        kinds, count = kinds * size + places, count * size
    return kinds


def splits(node: dict[str, Any]) -> Iterator[tuple[int, float | str]]:
    """Feature and threshold of each inner node."""
    if "split_feature" in node:
        yield node["split_feature"], node["threshold"]
        yield from splits(node["left_child"])
        yield from splits(node["right_child"])
