"""How well candidate sources and indexes of neighbours find what they should."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

from ranking.neighbours import Neighbours, faiss
from ranking.towers import Known, Towers

SLICES = {
    "all": "true",
    "cold users": "is_cold_user",
    "cold pings": "is_cold_ping",
}
FOUND = """
    with sourced as ({sourced}),
    counted as (
        select cutoff_key, user_key, ping_key, count(*) as n_sources from sourced group by all
    ),
    truth as (
        select 'training' as truth, cutoff_key, user_key, ping_key
        from intermediate.int_ranking_truth
        union all
        select 'holdout', 0, user_key, ping_key
        from holdout_relevance
        inner join intermediate.int_user_keys using (user_id)
        inner join intermediate.int_ping_keys using (ping_id)
        where not is_seen_before and has_list
    ),
    known_users as (
        select distinct cutoff_key, user_key from intermediate.int_ranking_history
    ),
    known_pings as (
        select distinct cutoff_key, ping_key from intermediate.int_ranking_history
    ),
    told as (
        select
            truth.*,
            known_users.user_key is null as is_cold_user,
            known_pings.ping_key is null as is_cold_ping
        from truth
        left join known_users using (cutoff_key, user_key)
        left join known_pings using (cutoff_key, ping_key)
    )
    select
        told.truth,
        names.source,
        {slices}
    from told
    cross join (select unnest($names) as source) as names
    left join sourced
        on sourced.source = names.source
        and (sourced.cutoff_key, sourced.user_key, sourced.ping_key)
        = (told.cutoff_key, told.user_key, told.ping_key)
    left join counted
        on (counted.cutoff_key, counted.user_key, counted.ping_key)
        = (told.cutoff_key, told.user_key, told.ping_key)
    group by told.truth, names.source
    order by told.truth, names.source
"""


@dataclass(frozen=True)
class Measured:
    """An index: seconds to build it, milliseconds a user, recall against exact search."""

    name: str
    build_seconds: float
    query_ms: float
    recall: float


def sources_of(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The candidate sources of a warehouse."""
    found = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'intermediate' "
        "and table_name like 'int_ranking_source_%' order by all"
    ).fetchall()
    return [name.removeprefix("int_ranking_source_") for (name,) in found]


def recalls(connection: duckdb.DuckDBPyConnection, k: int) -> list[dict[str, Any]]:
    """By truth and source: pairs, hits in the first k and unique hits of each slice."""
    names = sources_of(connection)
    sourced = " union all ".join(
        "select cutoff_key, user_key, ping_key, source "
        f"from intermediate.int_ranking_source_{name} where source_rank <= {k}"
        for name in names
    )
    slices = ", ".join(
        f'count(*) filter ({where}) as "{name}", '
        f'count(sourced.source) filter ({where}) as "{name} hits", '
        f'count(sourced.source) filter ({where} and n_sources = 1) as "{name} unique"'
        for name, where in ((name, f"where {condition}") for name, condition in SLICES.items())
    )
    query = connection.execute(FOUND.format(sourced=sourced, slices=slices), {"names": names})
    columns = [column[0] for column in query.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in query.fetchall()]


def planted(
    users: int, pings: int, pairs: int, groups: int = 50, seed: int = 1
) -> tuple[Known, np.ndarray]:
    """A log in which four of five pairs are within a group, and new pairs after it.

    The first pings are the most popular ones, in every group.
    """
    rng = np.random.default_rng(seed)
    total = pairs + pairs // 5
    popularity = 1 / (10 + np.arange(pings))
    who = rng.integers(users, size=total)
    what = rng.choice(pings, total, p=popularity / popularity.sum())
    group = rng.integers(groups, size=users)[who]
    own = np.minimum(what // groups * groups + group, pings - 1)
    what = np.where(rng.random(total) < 0.8, own, what)
    found = np.unique(np.column_stack([who[:pairs], what[:pairs]]), axis=0)
    later = np.unique(np.column_stack([who[pairs:], what[pairs:]]), axis=0)
    is_new = ~np.isin(later @ [pings, 1], found @ [pings, 1])
    counts = np.bincount(found[:, 1], minlength=pings)
    prior = np.log((counts + 0.3) / (counts.sum() + 0.3 * pings) * pings)
    starts = np.searchsorted(found[:, 0], np.arange(users))
    ends = np.searchsorted(found[:, 0], np.arange(users), side="right")
    places = starts[:, None] + np.arange(20)
    held = places < ends[:, None]
    known = Known(
        users=np.arange(users),
        pings=np.arange(pings),
        user_features=np.zeros((users, 1)),
        ping_features=np.zeros((pings, 1)),
        category=np.zeros(pings, int),
        creator=np.zeros(pings, int),
        prior=prior,
        basket=np.where(held, found[np.minimum(places, len(found) - 1), 1], 0),
        basket_weights=held.astype(float),
        pairs=found,
        weights=np.ones(len(found)),
    )
    return known, later[is_new]


def begun(known: Known) -> Towers:
    """Untrained towers for what is known."""
    sizes = {"user": len(known.basket), "ping": len(known.prior), "category": 1, "creator": 1}
    towers = Towers.begun(sizes, (known.user_features.shape[1], known.ping_features.shape[1]))
    towers.meet(known.pings, [f"p{number}" for number in known.pings])
    return towers


def recall_of_later(
    known: Known, later: np.ndarray, asked: np.ndarray, users: np.ndarray, pings: np.ndarray, k: int
) -> tuple[float, float]:
    """Share of the later pairs of asked users in the first k, by towers and by popularity.

    Pings that were seen count as well: both lists look past none.
    """
    rows = np.searchsorted(asked, later[:, 0])
    some = (rows < len(asked)) & (asked[np.minimum(rows, len(asked) - 1)] == later[:, 0])
    rows, wanted = rows[some], later[some, 1]
    found = Neighbours.of(known.pings, pings, len(known.pings)).search(users, k)[0]
    popular = known.pings[np.argsort(-known.prior[known.pings], kind="stable")[:k]]
    by_towers = (found[rows] == wanted[:, None]).any(1).mean()
    return float(by_towers), float(np.isin(wanted, popular).mean())


def indexes(keys: np.ndarray, pings: np.ndarray, users: np.ndarray, k: int) -> Iterator[Measured]:
    """Exact search, cells of which more and more are searched, and graphs, each on one thread."""

    def measured(
        name: str, build: Callable[[], Any], search: Callable[[Any], np.ndarray]
    ) -> tuple[Measured, np.ndarray]:
        started = time.process_time()
        index = build()
        built = time.process_time()
        found = search(index)
        ended = time.process_time()
        recall = 1.0 if truth is None else shared(found, truth)
        each = (ended - built) / len(users) * 1e3
        return Measured(name, built - started, each, recall), found

    def search(index: Neighbours) -> np.ndarray:
        return index.search(users, k)[0]

    truth: np.ndarray | None = None
    exact, truth = measured("exact", lambda: Neighbours.of(keys, pings, len(keys)), search)
    yield exact
    for share in (0.02, 0.05, 0.1, 0.15, 0.25):
        build = lambda share=share: Neighbours.of(keys, pings, 0, share)  # noqa: E731
        yield measured(f"cells, {share:.0%} searched", build, search)[0]
    library = faiss()
    for effort in (200, 400):

        def graph(effort: int = effort) -> Neighbours:
            product = library.METRIC_INNER_PRODUCT
            index = library.IndexHNSWFlat(pings.shape[1], 16, product)
            index.hnsw.efConstruction, index.hnsw.efSearch = 64, effort
            named = library.IndexIDMap(index)
            named.add_with_ids(pings, keys.astype(np.int64))
            return Neighbours(named, len(keys))

        yield measured(f"graph (faiss), effort {effort}", graph, search)[0]
    try:
        from usearch.index import Index
    except ImportError:
        return

    def other() -> Any:  # noqa: ANN401
        index = Index(
            ndim=pings.shape[1], metric="ip", dtype="f32", connectivity=16, expansion_add=64,
            expansion_search=400,
        )  # fmt: skip
        index.add(keys.astype(np.uint64), pings, threads=1)
        return index

    def ask(index: Any) -> np.ndarray:  # noqa: ANN401
        return index.search(users, k, threads=1).keys.astype(np.int64)

    yield measured("graph (usearch), effort 400", other, ask)[0]


def shared(found: np.ndarray, truth: np.ndarray) -> float:
    """Mean share of the rows of truth that are found."""
    pairs = zip(found, truth, strict=True)
    return float(np.mean([len(np.intersect1d(one, all_)) / len(all_) for one, all_ in pairs]))
