"""Users, some at a time: scored on this machine, or each by one of an engine's workers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    import duckdb

BATCH_ROWS = 500_000  # rows scored at a time: bounds the memory
Score = Callable[[pa.Table], pa.Table]


class OnWorkers(ABC):
    """A table of an engine whose workers run Python: they score it, each the rows of some users."""

    @abstractmethod
    def score_all(self, score: Score, schema: pa.Schema) -> Path:
        """As scored_by_users says. The folder of Parquet files with the rows."""


def scored_by_users(
    relation: duckdb.DuckDBPyRelation | OnWorkers,
    keys: duckdb.DuckDBPyRelation,
    rows_per_user: int,
    score: Score,
    schema: pa.Schema,
) -> pa.Table | Path:
    """What a function makes of a relation with user_key and ping_key, once each.

    keys: a relation with the user_key of each, perhaps among others. rows_per_user: at most; both
    say what is read at a time on this machine. score: makes of the rows of whole users, in the
    order of their keys, rows of the schema; where the relation is on workers, it is sent to them.
    """
    if isinstance(relation, OnWorkers):
        return relation.score_all(score, schema)
    users = keys.project("user_key").distinct().to_arrow_table()["user_key"].to_numpy()
    batches = by_users(relation, users, rows_per_user)
    tables = [score(batch) for batch in batches if batch.num_rows]
    return pa.concat_tables([schema.empty_table(), *tables])


def whole_users(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches in the order of their user_key, joined to about BATCH_ROWS rows, whole users each."""
    kept: list[pa.RecordBatch] = []
    for batch in batches:
        kept.append(batch)
        if sum(part.num_rows for part in kept) < BATCH_ROWS:
            continue
        table = pa.Table.from_batches(kept)
        users = table["user_key"].to_numpy()
        last = int(np.searchsorted(users, users[-1]))  # where the last user begins, who may go on
        if last:
            yield table.slice(0, last)
        kept = table.slice(last).to_batches()
    if any(part.num_rows for part in kept):
        yield pa.Table.from_batches(kept)


def user_batches(users: np.ndarray, rows_per_user: int) -> Iterator[tuple[int, int]]:
    """Ranges of user keys, first and last, with about BATCH_ROWS rows each."""
    users = np.sort(users)
    step = max(BATCH_ROWS // max(rows_per_user, 1), 1)
    for start in range(0, len(users), step):
        batch = users[start : start + step]
        yield int(batch[0]), int(batch[-1])


def by_users(
    relation: duckdb.DuckDBPyRelation, users: np.ndarray, rows_per_user: int
) -> Iterator[pa.Table]:
    """A relation with user_key and ping_key, once each, some whole users at a time, in their order.

    A product of matrices rounds a row by where it stands: in a fixed order the last digit of a
    score is always the same. users: all their keys. rows_per_user: at most.
    """
    for first, last in user_batches(np.unique(users), rows_per_user):
        rows = relation.filter(f"user_key between {first} and {last}")
        yield rows.order("user_key, ping_key").to_arrow_table()


def score_part(
    score: Score, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """What a worker does with its users. batches: in the order of their user_key."""
    for users in whole_users(batches):
        yield from score(users).cast(schema).to_batches()
