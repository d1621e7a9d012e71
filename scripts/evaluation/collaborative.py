"""Two collaborative filters as further baselines of an evaluation: EASE and implicit ALS.

Both learn from which user engaged with which ping, and from nothing else. They hold a matrix of
pings × pings, or of users × pings for some users at a time, so they are for logs of up to
MOST_PINGS pings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

MOST_PINGS = 20_000
EASE_RIDGE = 200.0
ALS_FACTORS = 64
ALS_RIDGE = 0.1
ALS_CONFIDENCE = 10.0  # how much more a seen pair counts than one that was not seen
ALS_ROUNDS = 8
SEED = 20240213
ROWS_AT_ONCE = 1_000
TIES = 1e-6  # what popularity, in [0, 1], counts in a score: it decides ties


@dataclass(frozen=True)
class Seen:
    """Seen pairs as positions of users and pings, of n_users and n_pings, sorted by user."""

    users: np.ndarray
    pings: np.ndarray
    n_users: int
    n_pings: int

    def starts(self) -> np.ndarray:
        """Where each user's pairs begin, and the end."""
        return np.searchsorted(self.users, np.arange(self.n_users + 1))

    def rows(self, first: int, last: int) -> np.ndarray:
        """The 0/1 matrix of some users (last exclusive), float32."""
        block = np.zeros((last - first, self.n_pings), np.float32)
        start, end = np.searchsorted(self.users, [first, last])
        block[self.users[start:end] - first, self.pings[start:end]] = 1
        return block


def ease(seen: Seen, ridge: float = EASE_RIDGE) -> Callable[[int, int], np.ndarray]:
    """Scores by EASE (Steck, WWW 2019), B = I − P / diag(P) with P = (XᵀX + ridge)⁻¹.

    Returns a function from a range of users to their scores, users × pings.
    """
    gram = np.zeros((seen.n_pings, seen.n_pings), np.float32)
    for first in range(0, seen.n_users, ROWS_AT_ONCE):
        block = seen.rows(first, min(first + ROWS_AT_ONCE, seen.n_users))
        used = np.flatnonzero(block.any(0))
        gram[np.ix_(used, used)] += block[:, used].T @ block[:, used]
    gram[np.diag_indices(seen.n_pings)] += ridge
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)[None, :]
    weights[np.diag_indices(seen.n_pings)] = 0
    starts = seen.starts()

    def scores(first: int, last: int) -> np.ndarray:
        found = np.zeros((last - first, seen.n_pings), np.float32)
        for row in range(first, last):  # a few rows of weights each: far less than a product
            found[row - first] = weights[seen.pings[starts[row] : starts[row + 1]]].sum(0)
        return found

    return scores


def als(seen: Seen, factors: int = ALS_FACTORS) -> Callable[[int, int], np.ndarray]:
    """Scores by implicit alternating least squares (Hu, Koren and Volinsky, ICDM 2008).

    Returns a function from a range of users to their scores, users × pings.
    """
    rng = np.random.default_rng(SEED)
    of_pings = rng.normal(0, 0.01, (seen.n_pings, factors))
    of_users = np.zeros((seen.n_users, factors))
    by_ping = np.argsort(seen.pings, kind="stable")
    ping_starts = np.searchsorted(seen.pings[by_ping], np.arange(seen.n_pings + 1))
    user_starts = seen.starts()
    for _ in range(ALS_ROUNDS):
        solve(of_users, of_pings, seen.pings, user_starts)
        solve(of_pings, of_users, seen.users[by_ping], ping_starts)
    return lambda first, last: of_users[first:last] @ of_pings.T


def solve(wanted: np.ndarray, given: np.ndarray, partners: np.ndarray, starts: np.ndarray) -> None:
    """One half of a round: the best factors of one side for given ones of the other, in place."""
    common = given.T @ given + ALS_RIDGE * np.eye(given.shape[1])
    for row in range(len(wanted)):
        found = given[partners[starts[row] : starts[row + 1]]]
        wanted[row] = (
            np.linalg.solve(
                common + ALS_CONFIDENCE * found.T @ found,
                (1 + ALS_CONFIDENCE) * found.sum(0),
            )
            if len(found)
            else 0.0
        )


FILTERS: dict[str, Callable[[Seen], Callable[[int, int], np.ndarray]]] = {"ease": ease, "als": als}


def lists(
    seen: Seen, engaged: Seen, popularity: np.ndarray, k: int
) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each filter: users, pings and ranks (from 1) of everyone's k best unseen pings.

    seen: pairs that are not recommended. engaged: pairs to learn from. popularity: of each ping, in
    [0, 1]; it decides ties, and so everything for users who have not engaged with anything.
    """
    found = {}
    places = np.arange(1, k + 1)
    for name, learn in FILTERS.items():
        scores_of = learn(engaged)
        best = np.zeros((seen.n_users, min(k, seen.n_pings)), np.int64)
        counts = np.zeros(seen.n_users, np.int64)
        for first in range(0, seen.n_users, ROWS_AT_ONCE):
            last = min(first + ROWS_AT_ONCE, seen.n_users)
            scores = scores_of(first, last) + TIES * popularity[None, :]
            hidden = seen.rows(first, last) > 0
            scores[hidden] = -np.inf
            top = np.sort(np.argpartition(-scores, best.shape[1] - 1, axis=1)[:, : best.shape[1]])
            order = np.argsort(-np.take_along_axis(scores, top, 1), axis=1, kind="stable")
            best[first:last] = np.take_along_axis(top, order, 1)
            counts[first:last] = np.minimum((~hidden).sum(1), k)
        kept = places[None, : best.shape[1]] <= counts[:, None]
        users = np.broadcast_to(np.arange(seen.n_users)[:, None], best.shape)
        ranks = np.broadcast_to(places[None, : best.shape[1]], best.shape)
        found[name] = (users[kept], best[kept], ranks[kept])
    return found


@dataclass(frozen=True)
class Learnable:
    """What the filters learn from, with the ids of the positions.

    seen: pairs that are not recommended. engaged: pairs to learn from. popularity: of each ping, in
    [0, 1].
    """

    user_ids: np.ndarray
    ping_ids: np.ndarray
    seen: Seen
    engaged: Seen
    popularity: np.ndarray


def learnable(pairs: pa.Table, users: pa.Table, catalogue: pa.Table) -> Learnable:
    """Positions of users and pings for the filters.

    pairs: user_id, ping_id, is_engaged of everything seen. users: user_id. catalogue: ping_id,
    global_engagement. Raises ValueError where there are too many pings.
    """
    if catalogue.num_rows > MOST_PINGS:
        raise ValueError(
            f"the catalogue has {catalogue.num_rows:,} pings, and the collaborative filters take "
            f"{MOST_PINGS:,} at most"
        )
    user_ids, ping_ids = (
        np.array(sorted(table[column].to_pylist()), dtype=object)
        for table, column in ((users, "user_id"), (catalogue, "ping_id"))
    )
    user_places = places_of(user_ids)
    ping_places = places_of(ping_ids)
    rows = sorted(
        (user_places[user], ping_places[ping], engaged)
        for user, ping, engaged in zip(
            *(pairs[name].to_pylist() for name in ("user_id", "ping_id", "is_engaged")), strict=True
        )
        if user in user_places and ping in ping_places
    )
    table = np.array(rows, np.int64).reshape(-1, 3)
    seen = Seen(table[:, 0], table[:, 1], len(user_ids), len(ping_ids))
    chosen = table[table[:, 2] > 0]
    engaged = Seen(chosen[:, 0], chosen[:, 1], len(user_ids), len(ping_ids))
    popularity = np.zeros(len(ping_ids))
    for name, value in zip(*(c.to_pylist() for c in catalogue.columns), strict=True):
        popularity[ping_places[name]] = value
    spread = float(np.ptp(popularity)) if len(popularity) else 0.0
    popularity = (popularity - popularity.min()) / spread if spread else popularity * 0
    return Learnable(user_ids, ping_ids, seen, engaged, popularity)


def places_of(ids: np.ndarray) -> dict[str, int]:
    """The position of each id."""
    return {name: place for place, name in enumerate(ids)}


def collaborative_lists(pairs: pa.Table, users: pa.Table, catalogue: pa.Table, k: int) -> pa.Table:
    """The lists of both filters: strategy, user_id, ping_id, rank.

    pairs, users, catalogue: as for `learnable`, which says what it raises.
    """
    known = learnable(pairs, users, catalogue)
    parts = [
        pa.table(
            {
                "strategy": [name] * len(ranks),
                "user_id": pa.array(known.user_ids[places], pa.string()),
                "ping_id": pa.array(known.ping_ids[chosen_pings], pa.string()),
                "rank": pa.array(ranks, pa.int64()),
            }
        )
        for name, (places, chosen_pings, ranks) in lists(
            known.seen, known.engaged, known.popularity, k
        ).items()
    ]
    return pa.concat_tables(parts)


def collaborative_scores(
    pairs: pa.Table, users: pa.Table, catalogue: pa.Table, wanted: pa.Table
) -> pa.Table:
    """The scores of some pairs by both filters: strategy, user_id, ping_id, score.

    pairs, users, catalogue: as for `learnable`, which says what it raises. wanted: user_id and
    ping_id that are among the users and in the catalogue, seen before or not.
    """
    known = learnable(pairs, users, catalogue)
    user_places, ping_places = places_of(known.user_ids), places_of(known.ping_ids)
    rows = np.array([user_places[name] for name in wanted["user_id"].to_pylist()], np.int64)
    columns = np.array([ping_places[name] for name in wanted["ping_id"].to_pylist()], np.int64)
    order = np.argsort(rows, kind="stable")
    rows, columns = rows[order], columns[order]
    parts = []
    for name, learn in FILTERS.items():
        scores_of = learn(known.engaged)
        scores = np.zeros(len(rows))
        for first in range(0, known.seen.n_users, ROWS_AT_ONCE):
            last = min(first + ROWS_AT_ONCE, known.seen.n_users)
            start, end = np.searchsorted(rows, [first, last])
            if start < end:
                found = scores_of(first, last)[rows[start:end] - first, columns[start:end]]
                scores[start:end] = found + TIES * known.popularity[columns[start:end]]
        parts.append(
            pa.table(
                {
                    "strategy": [name] * len(rows),
                    "user_id": pa.array(known.user_ids[rows], pa.string()),
                    "ping_id": pa.array(known.ping_ids[columns], pa.string()),
                    "score": scores,
                }
            )
        )
    return pa.concat_tables(parts)
