"""The candidate source two_tower: trains the towers cutoff by cutoff, and lists nearest pings.

The towers are trained at the oldest cutoff, and go on learning at each newer one from what was
known by then: no list comes from towers that saw anything at or after its cutoff.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ranking.data import FACTS, Fact, Skip, facts, parameter_rows
from ranking.encoding import Encoding
from ranking.neighbours import EXACT_PINGS, SEARCHED, Neighbours, faiss

STAGE = "two_tower"
LEAST_PAIRS = (
    200  # of users and relevant pings before a cutoff: with fewer, there is nothing to learn
)
FIRST_EPOCHS, MORE_EPOCHS = 4.0, 1.0  # at the oldest cutoff, and at each newer one
MOST_SEEN = 1_000  # seen pings that are looked past: who has seen more may get a shorter list
SEEN_ONLY = 0.1  # how much of a liked ping a ping counts in a history that was only seen
NOT_FEATURES = {
    *("cutoff_key", "user_key", "user_id", "is_listed", "n_seen_pings"),
    *("ping_key", "ping_id", "category_key", "creator_key"),
}
LISTS = pa.schema(
    [
        ("cutoff_key", pa.int32()),
        ("user_key", pa.int32()),
        ("ping_key", pa.int32()),
        ("score", pa.float64()),
        *(field for field in FACTS if field.name != "stage"),
    ]
)


@dataclass(frozen=True)
class Tables:
    """What the warehouse knows at a cutoff: int_ranking_tower_users, int_ranking_tower_pings, and
    int_ranking_history.
    """

    users: pa.Table
    pings: pa.Table
    history: pa.Table


@dataclass(frozen=True)
class Settings:
    """Variables of the project, and the hours in which a response loses 63 % of its weight."""

    source_pings: int
    basket_size: int
    decay_hours: float


class Source:
    """Towers that learn from one cutoff after another, oldest first."""

    def __init__(self, settings: Settings) -> None:
        from ranking import towers  # needs scipy, which comes with the extras

        self.library = towers
        self.settings = settings
        self.towers: towers.Towers | None = None
        self.encodings: tuple[Encoding, Encoding] | None = None
        self.pairs = 0

    def known(self, tables: Tables, sizes: dict[str, int]) -> object:
        """The rows of a cutoff as arrays. sizes: one more than the largest key of each kind."""
        users = tables.users.take(pc.sort_indices(tables.users["user_id"]))
        pings = tables.pings.take(pc.sort_indices(tables.pings["ping_id"]))
        if self.encodings is None:
            self.encodings = (Encoding.of(features(users)), Encoding.of(features(pings)))
        user_keys, ping_keys = (
            table[f"{thing}_key"].to_numpy().astype(int)
            for thing, table in (("user", users), ("ping", pings))
        )
        columns = {}
        for name in ("category_key", "creator_key", "prior_score"):
            kind = float if name == "prior_score" else int
            columns[name] = np.zeros(sizes["ping"], kind)
            columns[name][ping_keys] = pc.fill_null(pings[name], 0).to_numpy()
        user_places, ping_places = np.full(sizes["user"], -1), np.full(sizes["ping"], -1)
        user_places[user_keys] = np.arange(len(user_keys))
        ping_places[ping_keys] = np.arange(len(ping_keys))
        read = {
            name: tables.history[name].to_numpy()
            for name in ("user_key", "ping_key", "hours_since_last", "gain")
        }
        seen = np.column_stack([read["user_key"], read["ping_key"]]).astype(int)
        # what is not in the catalogue of the cutoff has no vector
        kept = (user_places[seen[:, 0]] >= 0) & (ping_places[seen[:, 1]] >= 0)
        seen, hours = seen[kept], read["hours_since_last"][kept].astype(float)
        gain = read["gain"][kept].astype(float)
        by_id = np.lexsort((ping_places[seen[:, 1]], user_places[seen[:, 0]]))
        seen, hours, gain = seen[by_id], hours[by_id], gain[by_id]
        liked = gain > 0
        weights = gain * np.exp(-hours / self.settings.decay_hours)
        basket, basket_weights = baskets(
            seen, hours, np.where(liked, gain, SEEN_ONLY), sizes["user"], self.settings.basket_size
        )
        return self.library.Known(
            users=user_keys,
            pings=ping_keys,
            user_features=self.encodings[0].for_network(features(users)),
            ping_features=self.encodings[1].for_network(features(pings)),
            category=columns["category_key"],
            creator=columns["creator_key"],
            prior=columns["prior_score"],
            basket=basket,
            basket_weights=basket_weights,
            pairs=seen[liked],
            weights=weights[liked],
        )

    def lists(
        self, cutoff: int, tables: Tables, sizes: dict[str, int]
    ) -> tuple[pa.Table, Neighbours]:
        """Learn from a cutoff, and list the nearest pings of its listed users, with the index.

        Raises Skip where there is too little to learn from.
        """
        known = self.known(tables, sizes)
        if len(known.pairs) < LEAST_PAIRS:
            raise Skip(
                f"the log has {len(known.pairs)} pairs of a user and a relevant ping to learn "
                f"from, and {LEAST_PAIRS} are the least"
            )
        epochs = MORE_EPOCHS
        if self.towers is None:
            epochs = FIRST_EPOCHS
            shapes = (known.user_features.shape[1], known.ping_features.shape[1])
            self.towers = self.library.Towers.begun(sizes, shapes)
        pings = tables.pings.take(pc.sort_indices(tables.pings["ping_id"]))
        self.towers.meet(known.pings, pings["ping_id"].to_pylist())
        self.towers.learn(known, epochs)
        listed = pc.sort_indices(tables.users["user_id"])
        users = tables.users.take(listed).filter(pc.take(tables.users["is_listed"], listed))
        keys = users["user_key"].to_numpy().astype(int)
        user_vectors, ping_vectors = self.towers.vectors(known, keys)
        index = Neighbours.of(known.pings, ping_vectors)
        seen = np.minimum(users["n_seen_pings"].to_numpy(), MOST_SEEN)
        found = nearest(index, keys, user_vectors, seen, self.settings.source_pings)
        self.pairs = len(known.pairs)
        return offered(cutoff, *found), index


def features(table: pa.Table) -> pa.Table:
    return table.select([name for name in table.column_names if name not in NOT_FEATURES])


def baskets(
    seen: np.ndarray, hours: np.ndarray, weights: np.ndarray, n_users: int, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """The latest pings of each user key and their weights, `size` a row; of weight 0 for none.

    seen: user and ping keys in the order of ids, which decides between those of one hour.
    """
    order = np.lexsort((np.arange(len(seen)), hours, seen[:, 0]))
    users = seen[order, 0]
    starts = np.flatnonzero(np.r_[True, np.diff(users) != 0]) if len(users) else np.array([], int)
    places = np.arange(len(users)) - np.repeat(starts, np.diff(np.r_[starts, len(users)]))
    kept = places < size
    pings, shares = np.zeros((n_users, size), int), np.zeros((n_users, size))
    pings[users[kept], places[kept]] = seen[order[kept], 1]
    shares[users[kept], places[kept]] = weights[order[kept]]
    return pings, shares


def nearest(
    index: Neighbours, users: np.ndarray, vectors: np.ndarray, seen: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """User keys, ping keys and scores: `count` for each user and as many more as were seen.

    Who has seen more is asked with others who have, in steps of two.
    """
    tiers = np.r_[-1, 0, 2 ** np.arange(3, int(np.log2(MOST_SEEN)) + 2)]
    found = []
    for low, high in pairwise(tiers):
        some = (seen > low) & (seen <= high)
        if some.any():
            pings, scores = index.search(vectors[some], count + int(high))
            owners = np.repeat(users[some], pings.shape[1])
            known = pings.ravel() >= 0
            found.append((owners[known], pings.ravel()[known], scores.ravel()[known]))
    if not found:
        return np.array([], int), np.array([], int), np.array([], np.float32)
    one, other, score = (np.concatenate(part) for part in zip(*found, strict=True))
    return one, other, score


def offered(cutoff: int, users: np.ndarray, pings: np.ndarray, scores: np.ndarray) -> pa.Table:
    """Rows of a list, without a fact."""
    size = len(users)
    columns = [
        pa.array(np.full(size, cutoff), pa.int32()),
        pa.array(users, pa.int32()),
        pa.array(pings, pa.int32()),
        pa.array(scores.astype(float)),
        *(pa.nulls(size, field.type) for field in list(LISTS)[4:]),
    ]
    return pa.table(columns, schema=LISTS)


def told(rows: list[Fact]) -> pa.Table:
    """Facts, without a list."""
    table = facts(STAGE, rows)
    keys = [pa.nulls(table.num_rows, field.type) for field in list(LISTS)[:4]]
    return pa.table([*keys, *(table[field.name] for field in list(LISTS)[4:])], schema=LISTS)


def all_lists(
    read: Callable[[int], Tables], cutoffs: list[int], sizes: dict[str, int], settings: Settings
) -> tuple[pa.Table, Neighbours | None]:
    """Every cutoff's lists and the facts, and the index of cutoff 0, which is served; none where
    the source is skipped.

    A training cutoff with too little before it has no lists of this source.
    """
    try:
        faiss()
        source = Source(settings)
    except Skip as reason:
        return told([("status", "skipped", None, f"{reason}.")]), None
    except ImportError:
        sentence = "scipy cannot be loaded: pip install -r requirements-retrieval.txt."
        return told([("status", "skipped", None, sentence)]), None
    tables, index, trained = [], None, 0
    for cutoff in sorted(cutoffs, reverse=True):
        try:
            lists, index = source.lists(cutoff, read(cutoff), sizes)
        except Skip as reason:
            if cutoff == 0:
                return told([("status", "skipped", None, f"{reason}.")]), None
            continue
        tables.append(lists)
        trained += 1
    sentence = (
        f"trained on {source.pairs} pairs of a user and a relevant ping, and as of "
        f"{trained - 1} of {len(cutoffs) - 1} training cutoffs."
    )
    parameters = {
        "dimensions": source.library.DIMENSIONS,
        "hidden": source.library.HIDDEN,
        "batch": source.library.BATCH,
        "learning_rate": source.library.RATE,
        "first_epochs": FIRST_EPOCHS,
        "more_epochs": MORE_EPOCHS,
        "exact_pings": EXACT_PINGS,
        "searched_cells": SEARCHED,
    }
    rows: list[Fact] = [("status", "trained", None, sentence), *parameter_rows(parameters)]
    return pa.concat_tables([*tables, told(rows)]), index
