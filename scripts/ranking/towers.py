"""Two towers: small networks that give users and pings vectors, whose product says who likes what.

A ping's tower sees its id, category, creator and features; a user's its id, features and the pings
of its history, as their own tower's inputs. They learn from pairs of a user and a relevant ping to
tell the ping from the others of the batch, whose scores are corrected by the logarithm of how often
the sampling draws them: Yi et al., "Sampling-bias-corrected neural modeling for large corpus item
recommendations", RecSys 2019. Gradients are written out in numpy, and rounding depends on nothing
but the ids: the same history gives the same vectors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
from scipy import sparse

from ranking.data import SEED
from ranking.neural import one_thread

DIMENSIONS = 32
HIDDEN = 32
BATCH = 512
RATE = 0.01
PENALTY = 1e-4  # of the rows that a batch looks at
START = 0.1  # deviation of what a ping's row begins with
STARTS = 65_536  # different beginnings, by the id
SCORED = 4_096  # rows whose vectors are computed at a time
TABLES = ("ping", "category", "creator", "user")
LAYERS = ("user_in", "user_out", "ping_in", "ping_out", "prior")
Grads = dict[str, np.ndarray]


@dataclass(frozen=True)
class Known:
    """What was known at a cutoff. Users and pings are their keys, which are rows of the tables.

    users, pings: those that there were, in the order of their ids, with user_features and
    ping_features. category, creator, prior: by ping key, 0 for none. basket, basket_weights: by
    user key, the latest pings, as many for all, of weight 0 where there are fewer.
    pairs: user key and ping key of what the towers learn from, in the order of ids; weights: how
    often each is drawn.
    """

    users: np.ndarray
    pings: np.ndarray
    user_features: np.ndarray
    ping_features: np.ndarray
    category: np.ndarray
    creator: np.ndarray
    prior: np.ndarray
    basket: np.ndarray
    basket_weights: np.ndarray
    pairs: np.ndarray
    weights: np.ndarray
    user_rows: np.ndarray = field(init=False)
    ping_rows: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        for name, keys, size in (
            ("user_rows", self.users, len(self.basket)),
            ("ping_rows", self.pings, len(self.prior)),
        ):
            rows = np.zeros(size, int)
            rows[keys] = np.arange(len(keys))
            object.__setattr__(self, name, rows)


@dataclass
class Towers:
    """Parameters by name, and the sums of squared gradients (Adagrad; of a whole row in tables).

    met: by ping key, whether it has begun.
    """

    values: dict[str, np.ndarray]
    squares: dict[str, np.ndarray]
    met: np.ndarray

    @staticmethod
    def begun(
        sizes: dict[str, int], features: tuple[int, int], dimensions: int = DIMENSIONS,
        hidden: int = HIDDEN,
    ) -> Towers:  # fmt: skip
        """Untrained ones, which have met no ping yet.

        sizes: how many keys there are of each of TABLES. features: how many of users and pings.
        """
        rng = np.random.default_rng(SEED)

        def layer(inputs: int, outputs: int) -> np.ndarray:
            return rng.normal(0, np.sqrt(1 / inputs), (inputs, outputs))

        values = {
            "ping": np.zeros((sizes["ping"], dimensions)),
            "category": np.zeros((sizes["category"], dimensions)),
            "creator": np.zeros((sizes["creator"], dimensions)),
            "user": np.zeros((sizes["user"], hidden)),
            "user_in": layer(dimensions + features[0] + 1, hidden),
            "user_out": layer(hidden, dimensions) * START,
            "ping_in": layer(dimensions + features[1] + 1, hidden),
            "ping_out": layer(hidden, dimensions) * START,
            "prior": np.ones(1),
        }
        squares = {
            name: np.full(len(value) if name in TABLES else value.shape, 1e-8)
            for name, value in values.items()
        }
        return Towers(values, squares, np.zeros(sizes["ping"], bool))

    def meet(self, pings: np.ndarray, ids: list[str]) -> None:
        """A ping met for the first time begins with what its id says: no other ping matters."""
        is_new = ~self.met[pings]
        new = [one for one, is_one in zip(ids, is_new, strict=True) if is_one]
        rng = np.random.default_rng(SEED)
        starts = rng.normal(0, START, (STARTS, self.values["ping"].shape[1]))
        places = np.array([crc32(one.encode()) % STARTS for one in new], int)
        self.values["ping"][pings[is_new]] = starts[places]
        self.met[pings] = True

    def inputs(self, known: Known, pings: np.ndarray) -> np.ndarray:
        """What the tables say of pings."""
        tables = self.values
        return (
            tables["ping"][pings]
            + tables["category"][known.category[pings]]
            + tables["creator"][known.creator[pings]]
        )

    def ping_tower(self, known: Known, pings: np.ndarray) -> tuple[np.ndarray, tuple]:
        """Vectors of pings, and what the gradients need."""
        told = self.inputs(known, pings)
        return self.tower("ping", told, known.ping_features[known.ping_rows[pings]], 0.0)

    def user_tower(
        self, known: Known, users: np.ndarray, target: np.ndarray | None = None
    ) -> tuple[np.ndarray, tuple]:
        """Vectors of users, and what the gradients need.

        target: the ping that each is asked about, which its history must not hold.
        """
        basket, weights = known.basket[users], known.basket_weights[users]
        if target is not None:
            weights = weights * (basket != target[:, None])
        weights = weights / np.maximum(weights.sum(1, keepdims=True), 1.0)
        rows, local = np.unique(basket, return_inverse=True)
        width = basket.shape[1]
        ends = np.arange(0, basket.size + 1, width)
        mixed = sparse.csr_matrix((weights.ravel(), local.ravel(), ends), (len(users), len(rows)))
        told = mixed @ self.inputs(known, rows)
        features = known.user_features[known.user_rows[users]]
        vectors, kept = self.tower("user", told, features, self.values["user"][users])
        return vectors, (*kept, rows, mixed)

    def tower(
        self, name: str, told: np.ndarray, features: np.ndarray, shift: np.ndarray | float
    ) -> tuple[np.ndarray, tuple]:
        """One hidden layer, rectified, added to what the tables say."""
        inputs = np.column_stack([told, features, np.ones(len(told))])
        hidden = np.maximum(inputs @ self.values[f"{name}_in"] + shift, 0)
        return told + hidden @ self.values[f"{name}_out"], (inputs, hidden)

    def back(
        self, name: str, above: np.ndarray, kept: tuple
    ) -> tuple[Grads, np.ndarray, np.ndarray]:
        """Gradients of a tower's layers, of the hidden sums, and of what the tables said."""
        inputs, hidden = kept[:2]
        sums = (above @ self.values[f"{name}_out"].T) * (hidden > 0)
        grads = {f"{name}_out": hidden.T @ above, f"{name}_in": inputs.T @ sums}
        told = above + sums @ self.values[f"{name}_in"][: above.shape[1]].T
        return grads, sums, told

    def loss(
        self, known: Known, users: np.ndarray, pings: np.ndarray, log_drawn: np.ndarray
    ) -> tuple[float, Grads, dict[str, tuple[np.ndarray, np.ndarray]]]:
        """Mean loss of a batch of pairs, its gradients, and those of table rows with the rows.

        log_drawn: by ping key, the logarithm of its share of what is drawn.
        """
        user_vectors, user_kept = self.user_tower(known, users, pings)
        ping_vectors, ping_kept = self.ping_tower(known, pings)
        prior = known.prior[pings]
        logits = user_vectors @ ping_vectors.T + (self.values["prior"] * prior - log_drawn[pings])
        size = len(users)
        same = pings[:, None] == pings[None, :]
        same[np.arange(size), np.arange(size)] = False
        logits[same] = -np.inf
        logits -= logits.max(1, keepdims=True)
        chances = np.exp(logits)
        totals = chances.sum(1, keepdims=True)
        value = float(np.mean(np.log(totals[:, 0]) - np.diagonal(logits)))
        slope = chances / totals
        slope[np.arange(size), np.arange(size)] -= 1
        slope /= size
        grads, user_sums, user_told = self.back("user", slope @ ping_vectors, user_kept)
        ping_grads, _, ping_told = self.back("ping", slope.T @ user_vectors, ping_kept)
        grads |= ping_grads
        grads["prior"] = np.array([slope.sum(0) @ prior])
        baskets, mixed = user_kept[2:]
        told_rows = np.concatenate([baskets, pings])
        told = np.concatenate([mixed.T @ user_told, ping_told])
        rows = {
            "ping": added(told_rows, told),
            "category": added(known.category[told_rows], told),
            "creator": added(known.creator[told_rows], told),
            "user": added(users, user_sums),
        }
        return value, grads, rows

    def step(self, grads: Grads, rows: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
        """Go down by Adagrad, in tables only where the batch looked; key 0 stays nothing."""
        for name, slope in grads.items():
            self.squares[name] += slope**2
            self.values[name] -= RATE * slope / np.sqrt(self.squares[name])
        for name, (keys, slope) in rows.items():
            if name in ("category", "creator") and len(keys) and keys[0] == 0:
                keys, slope = keys[1:], slope[1:]
            slope = slope + PENALTY * self.values[name][keys]
            self.squares[name][keys] += (slope**2).mean(1)
            self.values[name][keys] -= RATE * slope / np.sqrt(self.squares[name][keys])[:, None]

    def learn(self, known: Known, epochs: float, seed: int = SEED) -> list[float]:
        """Train on as many draws as there are pairs, times epochs. Returns each step's loss."""
        rng = np.random.default_rng(seed)
        shares = known.weights / known.weights.sum()
        drawn = np.bincount(known.pairs[:, 1], shares, len(known.prior))
        log_drawn = np.log(np.maximum(drawn, 1e-12))
        sums = np.cumsum(shares)
        losses = []
        size = min(BATCH, len(shares))
        with one_thread():
            for _ in range(max(int(epochs * len(shares) / size), 1)):
                places = np.searchsorted(sums, rng.random(size) * sums[-1])
                batch = known.pairs[np.minimum(places, len(sums) - 1)]
                value, grads, rows = self.loss(known, batch[:, 0], batch[:, 1], log_drawn)
                self.step(grads, rows)
                losses.append(value)
        return losses

    def vectors(self, known: Known, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Vectors of users and of all pings, float32; their inner product is the score.

        The last dimension is the ping's recent popularity, and 1 for users.
        """
        nothing = np.zeros((0, self.values["ping"].shape[1]))
        with one_thread():
            of_users = [self.user_tower(known, part)[0] for part in parts(users)]
            of_pings = [self.ping_tower(known, part)[0] for part in parts(known.pings)]
        user_vectors = np.concatenate([*of_users, nothing])
        ping_vectors = np.concatenate([*of_pings, nothing])
        prior = self.values["prior"] * known.prior[known.pings]
        return (
            np.column_stack([user_vectors, np.ones(len(users))]).astype(np.float32),
            np.column_stack([ping_vectors, prior]).astype(np.float32),
        )


def parts(keys: np.ndarray) -> list[np.ndarray]:
    return [keys[start : start + SCORED] for start in range(0, len(keys), SCORED)]


def added(keys: np.ndarray, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each key once, and the sum of its slopes."""
    unique, local = np.unique(keys, return_inverse=True)
    sums = sparse.csr_matrix(
        (np.ones(len(keys)), (local, np.arange(len(keys)))), (len(unique), len(keys))
    )
    return unique, sums @ slopes
