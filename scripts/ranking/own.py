"""Own features: columns of users and pings that a variable names, as numbers for the stages.

What the texts of a training set are is learned once and kept with the models: serving meets texts
that were never seen, and must read the others as training did.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

PREFIX = "own_"
USER, PING = f"{PREFIX}user_", f"{PREFIX}ping_"
MOST_CATEGORIES = 100  # texts of a column that are told apart, the most frequent ones
LEAST_ROWS = 20  # of a text that is told apart; the rare ones are one category
SEPARATOR = "|"  # between several texts of one value, as in restrictions
OTHER = 0  # the code of rare and of unseen texts


@dataclass(frozen=True)
class Own:
    """The own features of a training set, in the order in which they follow the others.

    numbers: columns taken as they are. texts: by column, the texts that are told apart; their
    codes count from 1. crosses: pairs of a user's and a ping's column that share their texts.
    """

    numbers: tuple[str, ...] = ()
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    crosses: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.numbers, *self.texts, *(cross_name(*cross) for cross in self.crosses))

    @property
    def features(self) -> dict[str, tuple[str, str]]:
        """Each feature: the part of the score that it counts in, and what a reason calls it.

        As for all others, what a user is counts as popularity, what a ping is as category.
        """
        told = {
            name: (
                "popularity" if name.startswith(USER) else "category",
                f"{plain(name)} fits",
            )
            for name in (*self.numbers, *self.texts)
        }
        for cross in self.crosses:
            told[cross_name(*cross)] = ("category", cross_phrase(*cross))
        return told

    @property
    def categories(self) -> list[int]:
        """Places among `names` of those that are codes of texts."""
        return list(range(len(self.numbers), len(self.numbers) + len(self.texts)))

    def columns(self, table: pa.Table) -> list[np.ndarray]:
        """The features of a table's rows, a float32 array each; what is null is NaN."""
        found = [as_floats(table[name]) for name in self.numbers]
        found += [codes(table[name], kept) for name, kept in self.texts.items()]
        return found + [matches(table[user], table[ping]) for user, ping in self.crosses]

    def to_json(self) -> str:
        return json.dumps(
            {"numbers": self.numbers, "texts": self.texts, "crosses": self.crosses},
            ensure_ascii=False,
        )

    @staticmethod
    def from_json(text: str | None) -> Own:
        """From what to_json wrote; without any, there are no own features."""
        read = json.loads(text or "{}")
        return Own(
            tuple(read.get("numbers", ())),
            {name: tuple(kept) for name, kept in read.get("texts", {}).items()},
            tuple((user, ping) for user, ping in read.get("crosses", ())),
        )


def learned(table: pa.Table) -> Own:
    """The own features of training rows: the columns whose names begin with `own_`."""
    names = sorted(name for name in table.column_names if name.startswith(PREFIX))
    texts = [name for name in names if pa.types.is_string(table.schema.field(name).type)]
    crosses = [
        (user, ping)
        for user in texts
        for ping in texts
        if user.startswith(USER) and ping.startswith(PING) and share(table[user], table[ping])
    ]
    return Own(
        tuple(name for name in names if name not in texts),
        {name: frequent(table[name]) for name in texts},
        tuple(crosses),
    )


def plain(name: str) -> str:
    """The name of a feature's column."""
    return name.removeprefix(USER).removeprefix(PING)


def cross_name(user: str, ping: str) -> str:
    """The name of a cross. No column's has two underscores together, so every pair has its own."""
    return f"{PREFIX}match_{plain(user)}__{plain(ping)}"


def cross_phrase(user: str, ping: str) -> str:
    """What a reason calls a cross."""
    user, ping = plain(user), plain(ping)
    return f"same {user}" if user == ping else f"{user} is in {ping}"


def as_floats(column: pa.ChunkedArray) -> np.ndarray:
    return column.cast(pa.float32()).to_numpy()


def frequent(column: pa.ChunkedArray) -> tuple[str, ...]:
    """The texts that are told apart, most frequent first, those as frequent by themselves."""
    counted = [
        (-row["counts"], row["values"])
        for row in pc.value_counts(column).to_pylist()
        if row["values"] is not None and row["counts"] >= LEAST_ROWS
    ]
    return tuple(text for _, text in sorted(counted)[:MOST_CATEGORIES])


def codes(column: pa.ChunkedArray, kept: Sequence[str]) -> np.ndarray:
    """The number of each text among those kept, from 1; OTHER for others, NaN for null."""
    places = pc.index_in(column, value_set=pa.array(kept, pa.string()))
    numbered = pc.fill_null(pc.add(places, 1), OTHER)
    return as_floats(pc.if_else(pc.is_valid(column), numbered, pa.scalar(None, numbered.type)))


def items(text: str) -> frozenset[str]:
    """The texts of a value, whatever case and blanks around them."""
    return frozenset(item.strip().lower() for item in text.split(SEPARATOR)) - {""}


def share(users: pa.ChunkedArray, pings: pa.ChunkedArray) -> bool:
    """Whether at least two texts, and half of those of one column, are in both columns."""
    one, other = (
        frozenset().union(*(items(text) for text in pc.unique(column).drop_null().to_pylist()))
        for column in (users, pings)
    )
    shared = len(one & other)
    return shared >= 2 and 2 * shared >= min(len(one), len(other))


def matches(users: pa.ChunkedArray, pings: pa.ChunkedArray) -> np.ndarray:
    """1 where a user's and a ping's value have a text in common, else 0; NaN where one is null."""
    known = pc.and_(pc.is_valid(users), pc.is_valid(pings)).to_numpy()
    found = np.full(len(known), np.nan, np.float32)
    sides = [column.combine_chunks().dictionary_encode() for column in (users, pings)]
    values = [[items(text) for text in side.dictionary.to_pylist()] for side in sides]
    places = [side.indices.fill_null(0).to_numpy()[known].astype(np.int64) for side in sides]
    pairs, back = np.unique(places[0] * max(len(values[1]), 1) + places[1], return_inverse=True)
    hits = [
        not values[0][pair // len(values[1])].isdisjoint(values[1][pair % len(values[1])])
        for pair in pairs.tolist()
    ]
    found[known] = np.array(hits, np.float32)[back]
    return found
