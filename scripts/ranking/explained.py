"""What the scores of the served lists are made of, and what pushed each ping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ranking.data import FAMILIES, FEATURES, NAMES, PRIOR, matrix
from ranking.gbdt import parts
from ranking.own import Own

if TYPE_CHECKING:
    from lightgbm import Booster

PUSHING = 2  # features named in a reason, at most
SERVED = pa.schema(
    [
        ("user_key", pa.int32()),
        ("ping_key", pa.int32()),
        ("list_rank", pa.int64()),
        ("score", pa.float64()),
        *((f"{family}_part", pa.float64()) for family in FAMILIES),
        ("rerank_part", pa.float64()),
        ("pushed_by", pa.string()),
    ]
)


def explained(model: Booster, own: Own, batch: pa.Table) -> pa.Table:
    """The served lists with the four parts of the trees' score and what re-ranking added to it.

    model: stage 2's, with its own features. batch: of int_ranking_served_features. The five parts
    add up to the score.
    """
    rows = batch.sort_by([("user_key", "ascending"), ("served_rank", "ascending")])
    prior, score = rows[PRIOR].to_numpy(), rows["served_score"].to_numpy()
    summed, by_feature = parts(model, own, matrix(rows, own), prior)
    rest = score - (summed[:, 0] + summed[:, 1] + summed[:, 2] + summed[:, 3])
    rest[np.abs(rest) < 1e-9] = 0.0  # the last digits of a sum, not a re-ranking
    columns = [
        *(rows[name].to_numpy() for name in ("user_key", "ping_key", "served_rank")),
        score,
        *summed.T,
        rest,
        phrases(by_feature, own, prior),
    ]
    return pa.table(
        [pa.array(column, kind.type) for column, kind in zip(columns, SERVED, strict=True)],
        schema=SERVED,
    )


def phrases(by_feature: np.ndarray, own: Own, prior: np.ndarray) -> list[str]:
    """For each row, what its most helpful features are called, the strongest first.

    The prior, which the trees start from, counts with what they make of it.
    """
    called = [phrase for _, phrase in (FEATURES | own.features).values()]
    by_feature = by_feature.copy()
    by_feature[:, NAMES.index(PRIOR)] += prior
    return pushed_by(called, by_feature)


def pushed_by(phrases: list[str], by_feature: np.ndarray) -> list[str]:
    """For each row, what its most helpful features are called, the strongest first, once each."""
    order = np.argsort(-by_feature, axis=1, kind="stable")[:, : 2 * PUSHING]
    texts = []
    for row, columns in zip(by_feature, order, strict=True):
        named = dict.fromkeys(phrases[column] for column in columns if row[column] > 0)
        texts.append(", ".join(list(named)[:PUSHING]))
    return texts
