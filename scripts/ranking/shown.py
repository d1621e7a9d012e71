"""Scores of both trained stages for any pairs, in lists or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ranking.data import PRIOR, matrix
from ranking.gbdt import raw_scores
from ranking.neural import Network
from ranking.own import Own

if TYPE_CHECKING:
    from lightgbm import Booster

SCORES = pa.schema(
    [
        ("user_key", pa.int32()),
        ("ping_key", pa.int32()),
        ("gbdt", pa.float64()),
        ("neural", pa.float64()),
    ]
)


def scored(trees: Booster, own: Own, network: Network | None, batch: pa.Table) -> pa.Table:
    """Every row's score by stage 2, and by stage 3; null where the latter was skipped.

    batch: rows of features. In lists, stage 3 re-ranks the first pings of stage 2's; here it gives
    every pair the score that it would have among those.
    """
    features = matrix(batch, own)
    by_trees = raw_scores(trees, features, batch[PRIOR].to_numpy())
    by_network = np.full(len(features), np.nan)
    if network is not None:
        by_network = by_trees + network.weight * network.log_odds(features)
    columns = [
        batch["user_key"].combine_chunks().cast(pa.int32()),
        batch["ping_key"].combine_chunks().cast(pa.int32()),
        pa.array(by_trees),
        pa.array(by_network, from_pandas=True),
    ]
    return pa.table(columns, schema=SCORES)
