"""The records of a release that lists by trees are made of; none where no trees serve.

Own features become numbers here, as training has learned to read them, so that who answers a
request needs no more than numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from common import InputError, identifier
from pingtop_serving.records import tree_ping_key, tree_user_key
from pingtop_serving.tree_records import (
    Trees,
    TreeUser,
    model_pieces,
    model_records,
    pack_ping,
)
from ranking.data import FEATURES, NAMES
from ranking.own import USER, Own, as_floats, codes, cross_name, matches
from releases.models import GBDT, GBDT_OWN, read_model
from releases.release import Release
from serving.reading import Record, ordered, user_ranges

CANDIDATES = "ranking_serving_candidates"
KEYS = {"user_id", "ping_id", "rank", "sources"}


def tree_records(connection: duckdb.DuckDBPyConnection, release: Release) -> Iterator[Record]:
    """Every key and value, ordered by the key."""
    tables, models = release.manifest["tables"], release.manifest.get("models", {})
    if not tables.get(CANDIDATES, {}).get("row_count") or GBDT not in models:
        return
    text = read_model(release, GBDT)
    own = Own.from_json(read_model(release, GBDT_OWN).decode())
    names = [*NAMES, *own.names]
    if f"\nfeature_names={' '.join(names)}\n".encode() not in text:
        raise InputError(
            f"The release {release.name} was built by another version of Pingtop, whose trees look "
            "at other features: build and publish it anew (make build publish)."
        )
    pieces = model_pieces(text)
    of_users = TreeRecords(connection.cursor(), own, tables)
    trees = Trees(
        digest=sha256(text).hexdigest(),
        pieces=len(pieces),
        features=[(name, *told) for name, told in (FEATURES | own.features).items()],
        ping=of_users.ping_names,
        user=of_users.user_names,
        pair=of_users.pair_names,
        sources=of_users.sources,
    )
    yield from of_users.users()
    yield from of_users.pings()
    yield from model_records(trees, pieces)


@dataclass(frozen=True)
class TreeRecords:
    """The records of users and of pings.

    own: the own features of the model. tables: of the manifest of the release.
    """

    connection: duckdb.DuckDBPyConnection
    own: Own
    tables: dict[str, Any]

    def _columns(self, table: str) -> list[str]:
        return [name for name in self.tables[table]["columns"] if name not in KEYS]

    def _own_names(self, kind: str) -> list[str]:
        """Own features of users or of pings."""
        names = (*self.own.numbers, *self.own.texts)
        return [name for name in names if name.startswith(USER) == (kind == "user")]

    @property
    def ping_names(self) -> list[str]:
        return [*self._columns("ranking_serving_pings"), *self._own_names("ping")]

    @property
    def user_names(self) -> list[str]:
        return [*self._columns("ranking_serving_users"), *self._own_names("user")]

    @property
    def pair_names(self) -> list[str]:
        crosses = [cross_name(*cross) for cross in self.own.crosses]
        return [*self._columns(CANDIDATES), *crosses]

    @cached_property
    def sources(self) -> list[str]:
        """Every combination of sources that a candidate comes from."""
        found = self._rows(f"select distinct sources from {CANDIDATES} order by sources")
        return [sources for (sources,) in found]

    def _rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, list(parameters)).fetchall()

    def _table(self, sql: str, *parameters: object) -> pa.Table:
        return self.connection.execute(sql, list(parameters)).to_arrow_table()

    def _pivoted(self, kind: str, condition: str = "true") -> str:
        """A query for own features of users or pings, a column each."""
        columns = "".join(
            f", max({'text' if name in self.own.texts else 'number'}_value)"
            f" filter (where feature = '{name}') as {identifier(name)}"
            for name in self._own_names(kind)
        )
        return (
            f"select id{columns} from ranking_serving_own_features"
            f" where kind = '{kind}' and {condition} group by id"
        )

    def _numbers(self, table: pa.Table, names: Sequence[str]) -> np.ndarray:
        """Features × rows of a table, as the model takes them; what is not known is NaN."""
        columns = [
            codes(table[name], self.own.texts[name])
            if name in self.own.texts
            else as_floats(table[name])
            if name in self.own.numbers
            else table[name].to_numpy()
            for name in names
        ]
        return np.array(columns, dtype="<f8").reshape(len(names), table.num_rows)

    def pings(self) -> Iterator[Record]:
        table = self._table(
            f"select pings.*, own.* from ranking_serving_pings as pings "
            f"left join ({self._pivoted('ping')}) as own on pings.ping_id = own.id order by ping_id"
        )
        values = self._numbers(table, self.ping_names).T.tolist()
        yield from ordered(
            (tree_ping_key(ping_id), pack_ping(features))
            for ping_id, features in zip(table["ping_id"].to_pylist(), values, strict=True)
        )

    def users(self) -> Iterator[Record]:
        # once, for the texts that users and pings have in common
        self.connection.execute(f"create temp table own_pings as {self._pivoted('ping')}")
        yield from ordered(
            (tree_user_key(user_id), user.pack())
            for first, last in user_ranges(self.connection, "ranking_serving_users")
            for user_id, user in self._users(first, last)
        )

    def _users(self, first: str, last: str) -> Iterator[tuple[str, TreeUser]]:
        own = self._pivoted("user", "id between ? and ?")
        users = self._table(
            f"select users.*, own.* from ranking_serving_users as users left join ({own}) as own "
            "on users.user_id = own.id where users.user_id between ? and ? order by user_id",
            *(first, last) * 2,
        )
        texts = "".join(
            f", {'own_users' if name.startswith(USER) else 'own_pings'}.{identifier(name)}"
            for name in dict.fromkeys(name for cross in self.own.crosses for name in cross)
        )
        pairs = self._table(
            f"select candidates.*{texts} from {CANDIDATES} as candidates "
            f"left join ({own}) as own_users on candidates.user_id = own_users.id "
            "left join own_pings on candidates.ping_id = own_pings.id "
            "where candidates.user_id between ? and ? order by user_id, rank",
            *(first, last) * 2,
        )
        of_pairs = np.array(
            [
                *self._numbers(pairs, self._columns(CANDIDATES)),
                *(matches(pairs[user], pairs[ping]) for user, ping in self.own.crosses),
            ],
            dtype="<f4",
        )
        of_users = np.ascontiguousarray(self._numbers(users, self.user_names).T)
        places = {sources: place for place, sources in enumerate(self.sources)}
        sources = [places[name] for name in pairs["sources"].to_pylist()]
        ping_ids, owners = pairs["ping_id"].to_pylist(), pairs["user_id"].to_pylist()
        starts = [n for n, owner in enumerate(owners) if n == 0 or owner != owners[n - 1]]
        ends = [*starts[1:], len(owners)]
        for user_id, features, start, end in zip(
            users["user_id"].to_pylist(), of_users, starts, ends, strict=True
        ):
            yield (
                user_id,
                TreeUser(
                    ping_ids=ping_ids[start:end],
                    sources=sources[start:end],
                    features=features.tobytes(),
                    pairs=of_pairs[:, start:end].tobytes(),
                ),
            )
