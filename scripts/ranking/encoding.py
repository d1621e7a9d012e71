"""How the features of a row become numbers for trees and for networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ranking.neural import standardised
from ranking.own import PING, PREFIX, USER, cross_name, matches, share

# what a row is, not what is known of it
NOT_FEATURES = (
    *("is_candidate", "user_key", "ping_key", "tie_order"),
    *("first_second", "last_second", "label"),
)
# columns of the contract that are features under another name
ALREADY = (
    *("user_age", "user_country", "user_region"),
    *("ping_category", "ping_creator_id", "ping_quality_score"),
)
# texts that are no own columns, by whose they are
USER_TEXTS, PING_TEXTS = ("country", "region"), ("category", "creator")
MOST_VALUES = 50  # of a text that are told apart; the others count as one


@dataclass(frozen=True)
class Encoding:
    """How features become numbers, as learned from some rows.

    numbers: mean and deviation of each, and whether it is ever missing. texts: the values of each
    that are told apart; the others, and those never met, count as one, and missing ones as another.
    crosses: numbers that say whether a user's and a ping's text have a value in common.
    """

    numbers: dict[str, tuple[float, float, bool]]
    texts: dict[str, list[str]]
    crosses: dict[str, tuple[str, str]]

    @staticmethod
    def of(table: pa.Table) -> Encoding:
        """From the rows of a table, by name, so that the order of its columns does not matter."""
        least = max(2, table.num_rows // 500)
        numbers, texts = {}, {}
        for name in feature_names(table):
            column = table[name]
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                counts = [
                    (-row["counts"], row["values"])
                    for row in pc.value_counts(column).to_pylist()
                    if row["values"] is not None and row["counts"] >= least
                ]
                texts[name] = [value for _, value in sorted(counts)[:MOST_VALUES]]
            else:
                numbers[name] = measured(column_values(column))
        crosses = {
            cross_name(user, ping): (user, ping)
            for user in texts
            for ping in texts
            if user in USER_TEXTS or user.startswith(USER)
            if ping in PING_TEXTS or ping.startswith(PING)
            if share(table[user], table[ping])
        }
        for name, (user, ping) in crosses.items():
            numbers[name] = measured(matches(table[user], table[ping]).astype(float))
        return Encoding(numbers, texts, crosses)

    def values(self, table: pa.Table, name: str) -> np.ndarray:
        """The rows' values of a number, missing ones as NaN."""
        if name in self.crosses:
            user, ping = self.crosses[name]
            return matches(table[user], table[ping]).astype(float)
        return column_values(table[name])

    def codes(self, column: pa.ChunkedArray, name: str) -> np.ndarray:
        """Places among the told-apart values; the next one for all others, -1 for missing ones."""
        values = self.texts[name]
        places = pc.index_in(column, value_set=pa.array(values, column.type))
        others = pc.fill_null(places, len(values))
        return pc.if_else(pc.is_valid(column), others, -1).to_numpy().astype(int)

    @property
    def names(self) -> list[str]:
        """Columns of what trees look at."""
        return [*self.numbers, *self.texts]

    def for_trees(self, table: pa.Table) -> np.ndarray:
        """Rows × names: numbers as they are, texts as codes; what is missing is NaN."""
        columns = [self.values(table, name) for name in self.numbers]
        for name in self.texts:
            codes = self.codes(table[name], name).astype(float)
            columns.append(np.where(codes < 0, np.nan, codes))
        return np.column_stack(columns) if columns else np.zeros((table.num_rows, 0))

    def for_network(self, table: pa.Table) -> np.ndarray:
        """Rows × inputs: scaled numbers, whether they are missing, a column a value of texts."""
        columns = []
        for name, (mean, scale, is_missing) in self.numbers.items():
            values = self.values(table, name)
            filled = np.where(np.isnan(values), mean, values)
            columns.append(standardised(filled, np.array(mean), np.array(scale)))
            if is_missing:
                columns.append(np.isnan(values).astype(float))
        for name, values in self.texts.items():
            codes = self.codes(table[name], name)
            columns += [(codes == number).astype(float) for number in range(len(values) + 1)]
        return np.column_stack(columns) if columns else np.zeros((table.num_rows, 0))

    def to_dict(self) -> dict[str, Any]:
        return {"numbers": self.numbers, "texts": self.texts, "crosses": self.crosses}

    @staticmethod
    def from_dict(read: dict[str, Any]) -> Encoding:
        numbers = {name: tuple(value) for name, value in read["numbers"].items()}
        crosses = {name: tuple(pair) for name, pair in read["crosses"].items()}
        return Encoding(numbers, read["texts"], crosses)


def measured(values: np.ndarray) -> tuple[float, float, bool]:
    """Mean and deviation of those that there are, and whether any is missing."""
    known = values[~np.isnan(values)]
    mean = float(known.mean()) if len(known) else 0.0
    scale = float(known.std()) if len(known) else 0.0
    return mean, scale or 1.0, len(known) < len(values)


def feature_names(table: pa.Table) -> list[str]:
    return sorted(set(table.column_names) - set(NOT_FEATURES))


def column_values(column: pa.ChunkedArray) -> np.ndarray:
    """Numbers (or yes and no) as doubles, missing ones as NaN."""
    return np.asarray(column.cast(pa.float64()).to_numpy(), float)


def with_own(features: pa.Table, own: dict[str, pa.Table]) -> pa.Table:
    """Features with own columns of users and pings; those that are features anyhow are not doubled.

    own: by `user` and `ping`, their rows with the key and loaded_at. Of a row that had arrived only
    after the moment of the features, nothing was known by then; to candidates all are known.
    """
    for thing, table in own.items():
        key = f"{thing}_key"
        keys = table[key].cast(features[key].type).combine_chunks()
        places = pc.index_in(features[key], value_set=keys).combine_chunks()
        loaded = table["loaded_at"].cast(pa.timestamp("s"), safe=False).cast(pa.int64())
        arrived = loaded.combine_chunks().take(places)
        is_known = pc.fill_null(pc.less(arrived, features["first_second"].combine_chunks()), True)
        is_known = pc.or_(is_known, features["is_candidate"].combine_chunks())
        for name in table.column_names:
            if name not in (key, "loaded_at", *ALREADY):
                values = table[name].combine_chunks().take(places)
                nothing = pa.scalar(None, values.type)
                features = features.append_column(
                    PREFIX + name, pc.if_else(is_known, values, nothing)
                )
    return features
