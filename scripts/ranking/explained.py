"""What the scores of the served lists are made of, and what pushed each ping."""

from __future__ import annotations

from collections.abc import Iterable
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


def explained(model: Booster, own: Own, served: pa.Table, batches: Iterable[pa.Table]) -> pa.Table:
    """The served lists with the four parts of the trees' score and what re-ranking added to it.

    model: stage 2's, with its own features. served: user_key, ping_key, list_rank, score.
    batches: tables of int_ranking_rerank_features, with at least the served pings. The five parts
    add up to the score.
    """
    tables = []
    keys = ["user_key", "ping_key"]
    for batch in batches:
        rows = batch.drop_columns(["list_rank", "score"]).join(served, keys, join_type="inner")
        rows = rows.sort_by([("user_key", "ascending"), ("list_rank", "ascending")])
        if not rows.num_rows:
            continue
        summed, by_feature = parts(model, own, matrix(rows, own), rows[PRIOR].to_numpy())
        score = rows["score"].to_numpy()
        rest = score - (summed[:, 0] + summed[:, 1] + summed[:, 2] + summed[:, 3])
        rest[np.abs(rest) < 1e-9] = 0.0  # the last digits of a sum, not a re-ranking
        columns = [
            rows["user_key"],
            rows["ping_key"],
            rows["list_rank"],
            score,
            *summed.T,
            rest,
            phrases(by_feature, own, rows[PRIOR].to_numpy()),
        ]
        tables.append(
            pa.table(
                [
                    column.cast(kind.type)
                    if isinstance(column, pa.ChunkedArray)
                    else pa.array(column, kind.type)
                    for column, kind in zip(columns, SERVED, strict=True)
                ],
                schema=SERVED,
            )
        )
    return pa.concat_tables(tables) if tables else SERVED.empty_table()


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
