"""Lists of a log that is too short to learn to rank: made by the engagement classifier.

Topic match has found the candidates; the trees order them by their log odds of the label, and the
network re-orders the first few.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from ranking.classifier import Network, Trees
from ranking.data import FAMILIES, best_rows, sigmoid
from ranking.encoding import with_own
from ranking.explained import SERVED, pushed_by
from ranking.gbdt import listed
from ranking.own import PING, PREFIX, USER, cross_phrase, plain

SHORT_LISTS = pa.schema([("stage", pa.string()), *SERVED])
# Each feature that is not about popularity or about who the user is, and what a reason calls those
# whose name does not say it.
FAMILY = {
    "category": "category",
    "declared_affinity": "category",
    "past_category_pings": "category",
    "past_category_score": "category",
    "log_duration": "category",
    "creator": "creator",
    "past_creator_pings": "creator",
    "past_creator_score": "creator",
    "age_days": "freshness",
    "past_ping_hours": "freshness",
}
PHRASES = {
    "age": "own age",
    "age_days": "recently published",
    "country": "own country",
    "declared_affinity": "declared interest",
    "log_duration": "video length",
    "past_category_pings": "seen in this category",
    "past_category_score": "likes this category",
    "past_creator_pings": "knows this creator",
    "past_creator_score": "likes this creator",
    "past_ping_hours": "seen just now",
    "past_ping_score": "liked by others",
    "past_ping_users": "reach",
    "past_user_hours": "time since last visit",
    "past_user_pings": "own activity",
    "past_user_score": "own response rate",
    "region": "own region",
    "signup_days": "time since sign-up",
}


def family(name: str) -> str:
    """The part of the score that a feature counts in; what own columns say, as in stage 2."""
    if name.startswith(PREFIX) and not name.startswith(USER):
        return "category"
    return FAMILY.get(name, "popularity")


def phrase(name: str, crosses: Mapping[str, tuple[str, str]]) -> str:
    """What a reason calls a feature. crosses: of the encoding."""
    if name in crosses:
        return cross_phrase(*crosses[name])
    if name.startswith((USER, PING)):
        return f"{plain(name)} fits"
    return PHRASES.get(name, name.replace("_", " "))


def short_lists(
    trees: Trees,
    network: Network | None,
    own: dict[str, pa.Table],
    first: int,
    batch: pa.Table,
) -> pa.Table:
    """The lists of both stages with what their scores are made of.

    own: the own features of users and pings. first: as many pings of each list are re-ordered;
    their score is that of the ping behind them and the network's chance, so that they stay before
    it. batch: candidates with their features, whole users.
    """
    batch = with_own(batch, own)
    users, order = batch["user_key"].to_numpy(), batch["tie_order"].to_numpy()
    contributions = trees.contributions(batch)
    scores = contributions.sum(1)
    best = best_rows(users, order, scores, batch.num_rows)
    tables = [stage_rows("gbdt", trees, batch, contributions, best, scores)]
    if network is not None:
        scores = reordered(users, best, scores, sigmoid(network.log_odds(batch)), first)
        best = best_rows(users, order, scores, batch.num_rows)
        tables.append(stage_rows("neural", trees, batch, contributions, best, scores))
    return pa.concat_tables(tables)


def reordered(
    users: np.ndarray, best: np.ndarray, scores: np.ndarray, chances: np.ndarray, first: int
) -> np.ndarray:
    """The scores, those of each user's first pings after the network's say."""
    starts = np.flatnonzero(np.r_[True, np.diff(users[best]) != 0])
    sizes = np.diff(np.r_[starts, len(best)])
    places = np.arange(len(best)) - np.repeat(starts, sizes)
    behind = best[starts + np.minimum(first, sizes - 1)]  # the last one, of a list with no more
    floors = np.repeat(scores[behind], sizes)
    changed = scores.copy()
    some = places < first
    changed[best[some]] = floors[some] + chances[best[some]]
    return changed


def stage_rows(
    stage: str,
    trees: Trees,
    batch: pa.Table,
    contributions: np.ndarray,
    best: np.ndarray,
    scores: np.ndarray,
) -> pa.Table:
    """The lists of one stage. The five parts add up to the score."""
    names = trees.encoding.names
    families = np.array([family(name) for name in names])
    by_feature = contributions[best, :-1]
    summed = np.column_stack([by_feature[:, families == name].sum(1) for name in FAMILIES])
    summed[:, FAMILIES.index("popularity")] += contributions[best, -1]
    called = [phrase(name, trees.encoding.crosses) for name in names]
    users, pings = (batch[key].to_numpy()[best] for key in ("user_key", "ping_key"))
    rows = listed(users, pings, scores[best])
    rest = scores[best] - (summed[:, 0] + summed[:, 1] + summed[:, 2] + summed[:, 3])
    rest[np.abs(rest) < 1e-9] = 0.0  # the last digits of a sum, not a re-ordering
    columns = [
        pa.array([stage] * len(best), pa.string()),
        *(rows[name].combine_chunks() for name in rows.column_names),
        *(pa.array(summed[:, number]) for number in range(len(FAMILIES))),
        pa.array(rest),
        pa.array(pushed_by(called, by_feature), pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=SHORT_LISTS)
