"""Lists by the trees of stage 2, made for one request. Needs lightgbm and numpy.

The scores, parts and reasons are those of scripts/ranking (gbdt.py, explained.py), of features as
they were at the build: what a user has seen since leaves the list, and changes nothing else of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import lightgbm
import numpy as np

from pingtop_serving.errors import StoreDownError
from pingtop_serving.records import TREES, Listed, tree_piece_key, tree_ping_key, tree_user_key
from pingtop_serving.tree_records import UNREADABLE, Trees, TreeUser, model_text

FAMILIES = ("popularity", "category", "creator", "freshness")
PRIOR = "prior_score"  # what the trees add to; it counts as popularity
PUSHING = 2  # features named in a reason, at most
KEPT = 2  # models: that of the generation, and of the one before for requests under way

_loaded: dict[str, lightgbm.Booster] = {}  # by digest, the newest last
_loading = threading.Lock()


class Snapshot(Protocol):
    """One generation of a store."""

    def get(self, keys: Sequence[str]) -> Sequence[bytes | None]: ...


def tree_list(
    snapshot: Snapshot,
    user_id: str,
    k: int,
    left_out: Collection[str],
    restricted: Callable[[Sequence[str]], Collection[str]],
) -> list[Listed] | None:
    """The first k pings of a user's list; none where the store has no trees for the user.

    restricted: which of some pings are kept from the user since the build.
    """
    packed, packed_user = snapshot.get([TREES, tree_user_key(user_id)])
    if packed is None or packed_user is None:
        return None
    trees, user = Trees.unpack(packed), TreeUser.unpack(packed_user)
    gone = restricted(user.ping_ids)
    kept = [
        place
        for place, ping in enumerate(user.ping_ids)
        if ping not in left_out and ping not in gone
    ]
    if not kept:
        return []
    ping_ids = [user.ping_ids[place] for place in kept]
    pings = snapshot.get([tree_ping_key(ping_id) for ping_id in ping_ids])
    features, prior = rows(trees, user, kept, pings)
    model = loaded(snapshot, trees)
    scores = prior + model.predict(features, raw_score=True, num_threads=1)
    # of equal ones the first at the build, which is the lower key
    first = np.argsort(-scores, kind="stable")[:k]
    summed, pushed = explained(model, trees, features[first], prior[first])
    return [
        Listed(
            ping_id=ping_ids[row],
            score=float(scores[row]),
            popularity_part=popularity,
            category_part=category,
            creator_part=creator,
            freshness_part=freshness,
            declared_part=0.0,
            rerank_part=0.0,
            reason="; ".join(
                filter(None, [f"from {trees.sources[user.sources[kept[row]]]}", phrases])
            ),
        )
        for row, (popularity, category, creator, freshness), phrases in zip(
            first.tolist(), summed.tolist(), pushed, strict=True
        )
    ]


def loaded(snapshot: Snapshot, trees: Trees) -> lightgbm.Booster:
    """The model, which a process loads once."""
    with _loading:
        model = _loaded.get(trees.digest)
        if model is None:
            pieces = snapshot.get([tree_piece_key(number) for number in range(trees.pieces)])
            model = lightgbm.Booster(model_str=model_text(trees, pieces))
            if model.feature_name() != [name for name, _, _ in trees.features]:
                raise StoreDownError(UNREADABLE)
            while len(_loaded) >= KEPT:
                del _loaded[next(iter(_loaded))]
            _loaded[trees.digest] = model
    return model


def rows(
    trees: Trees, user: TreeUser, kept: Sequence[int], pings: Sequence[bytes | None]
) -> tuple[np.ndarray, np.ndarray]:
    """The features of candidates, and their prior scores."""
    try:
        of_pings = np.frombuffer(b"".join(ping or b"" for ping in pings), "<f8")
        of_pings = of_pings.reshape(len(kept), len(trees.ping))
        of_user = np.frombuffer(user.features, "<f8").reshape(len(trees.user))
        of_pairs = np.frombuffer(user.pairs, "<f4").reshape(len(trees.pair), len(user.ping_ids))
    except ValueError as error:
        raise StoreDownError(UNREADABLE) from error
    values: dict[str, Any] = dict(zip(trees.ping, of_pings.T, strict=True))
    values |= zip(trees.user, of_user, strict=True)
    values |= zip(trees.pair, of_pairs[:, kept], strict=True)
    values |= crossed(values)
    features = np.empty((len(kept), len(trees.features)), np.float32)
    for place, (name, _, _) in enumerate(trees.features):
        features[:, place] = values[name]
    return features, values[PRIOR]


def crossed(values: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from a user's and a ping's features, as in macros/ranking/ranking_features."""
    signup = values["user_signup_percentile"] - 0.5
    return {
        "signup_match": signup * values["audience_signup"],
        "signup_distance": np.abs(signup - values["audience_signup"]),
        "activity_match": values["user_log_activity"] * values["audience_activity"],
        "duration_distance": np.abs(values["log_duration"] - values["user_mean_log_duration"]),
    }


def explained(
    model: lightgbm.Booster, trees: Trees, features: np.ndarray, prior: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """The parts of scores, in the order of FAMILIES, and what pushed each ping."""
    contributions = model.predict(features, pred_contrib=True, num_threads=1)
    by_feature, mean = contributions[:, :-1].copy(), contributions[:, -1]
    families = np.array([family for _, family, _ in trees.features])
    summed = np.column_stack([by_feature[:, families == family].sum(1) for family in FAMILIES])
    summed[:, 0] += prior + mean
    names = [name for name, _, _ in trees.features]
    by_feature[:, names.index(PRIOR)] += prior
    order = np.argsort(-by_feature, axis=1, kind="stable")[:, : 2 * PUSHING]
    pushed = []
    for row, columns in zip(by_feature, order.tolist(), strict=True):
        named = dict.fromkeys(trees.features[column][2] for column in columns if row[column] > 0)
        pushed.append(", ".join(list(named)[:PUSHING]))
    return summed, pushed
