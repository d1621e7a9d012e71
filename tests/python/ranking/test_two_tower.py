"""The source two_tower: the towers learn, neighbours are found, nothing later is known."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from benchmark_retrieval import main

from benchmarks.retrieval import begun, indexes, planted, recall_of_later
from ranking.neighbours import Neighbours
from ranking.towers import Known, Towers
from ranking.two_tower import LEAST_PAIRS, STAGE, Settings, Tables, all_lists

SETTINGS = Settings(source_pings=20, basket_size=5, decay_hours=24.0)
SIZES = {"user": 81, "ping": 61, "category": 4, "creator": 6}


def small(seed: int = 3) -> tuple[Known, Towers]:
    """A few users and pings with features, categories and creators, and towers a little trained."""
    rng = np.random.default_rng(seed)
    users, pings = 12, 9
    known = Known(
        users=np.arange(users),
        pings=np.arange(pings),
        user_features=rng.normal(size=(users, 2)),
        ping_features=rng.normal(size=(pings, 3)),
        category=rng.integers(1, 4, pings),
        creator=rng.integers(1, 5, pings),
        prior=rng.normal(size=pings),
        basket=rng.integers(0, pings, (users, 4)),
        basket_weights=rng.random((users, 4)),
        pairs=np.column_stack([rng.integers(users, size=30), rng.integers(pings, size=30)]),
        weights=rng.random(30) + 0.1,
    )
    sizes = {"user": users, "ping": pings, "category": 4, "creator": 5}
    towers = Towers.begun(sizes, (2, 3), dimensions=4, hidden=6)
    towers.meet(known.pings, [f"p{one}" for one in known.pings])
    for _ in range(3):
        towers.learn(known, 3.0)
    return known, towers


def test_gradients_are_those_of_finite_differences() -> None:
    known, towers = small()
    users, pings = known.pairs[:8].T
    log_drawn = np.log(np.linspace(0.05, 0.2, len(known.prior)))
    _, grads, rows = towers.loss(known, users, pings, log_drawn)
    full = dict(grads)
    for name, (keys, slope) in rows.items():
        full[name] = np.zeros_like(towers.values[name])
        full[name][keys] = slope
    assert set(full) == set(towers.values)
    rng = np.random.default_rng(1)
    for name, slope in full.items():
        assert np.abs(slope).max() > 0, name
        value, step = towers.values[name], 1e-6
        largest = np.argsort(-np.abs(slope), axis=None)[:3]
        for place in {*largest.tolist(), *rng.integers(value.size, size=3).tolist()}:
            where = np.unravel_index(place, value.shape)
            kept, found = value[where], []
            for side in (step, -step):
                value[where] = kept + side
                found.append(towers.loss(known, users, pings, log_drawn)[0])
            value[where] = kept
            numeric = (found[0] - found[1]) / (2 * step)
            assert slope[where] == pytest.approx(numeric, abs=1e-6), (name, where)


def test_the_towers_find_what_is_planted_and_are_the_same_twice() -> None:
    known, later = planted(users=300, pings=500, pairs=6_000, groups=5)
    towers, again = begun(known), begun(known)
    losses = towers.learn(known, 8.0)
    assert np.mean(losses[-20:]) < np.mean(losses[:20]) - 0.1
    asked = np.unique(later[:, 0])
    users, pings = towers.vectors(known, asked)
    found, popular = recall_of_later(known, later, asked, users, pings, 50)
    assert found > popular + 0.1
    again.learn(known, 8.0)
    same = again.vectors(known, asked)
    assert np.array_equal(users, same[0])
    assert np.array_equal(pings, same[1])


def test_popular_pings_stay_popular_though_they_are_negatives_more_often() -> None:
    """Yi et al.: without the correction, scores say nothing of popularity any more."""
    known, _ = planted(users=300, pings=60, pairs=3_000, groups=1)
    known = replace(known, prior=np.zeros(60))
    towers = begun(known)
    towers.learn(known, 20.0)
    users, pings = towers.vectors(known, known.users)
    counts = np.bincount(known.pairs[:, 1], minlength=60)
    scores = (users @ pings.T).mean(0)
    assert np.corrcoef(scores, np.log(counts + 1))[0, 1] > 0.8


def test_cells_find_nearly_all_that_exact_search_finds() -> None:
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(6_000, 17)).astype(np.float32)
    users = rng.normal(size=(50, 17)).astype(np.float32)
    keys = rng.permutation(20_000)[:6_000]
    exact, scores = Neighbours.of(keys, vectors).search(users, 30)
    by_hand = np.argsort(-(users @ vectors.T), axis=1)[:, :30]
    assert np.array_equal(exact, keys[by_hand])
    np.testing.assert_allclose(scores, np.take_along_axis(users @ vectors.T, by_hand, 1), rtol=1e-5)
    measured = {one.name: one.recall for one in indexes(keys, vectors, users, 30)}
    assert measured["exact"] == 1
    shares = [recall for name, recall in measured.items() if name.startswith("cells")]
    assert shares == sorted(shares)
    assert measured["cells, 25% searched"] > 0.8
    twice = [Neighbours.of(keys, vectors, 0) for _ in range(2)]
    assert twice[0].to_bytes() == twice[1].to_bytes()
    found = [one.search(users, 30)[0] for one in twice]
    assert np.array_equal(*found)
    assert set(found[0].ravel()) <= set(keys)
    few = Neighbours.of(keys[:5], vectors[:5]).search(users, 30)[0]
    assert few.shape == (50, 5)


def tables_at(cutoff: int, responses: int = 900) -> Tables:
    """What was known at a cutoff; the newer ones know more of everything."""
    rng = np.random.default_rng(cutoff)
    users, pings = np.arange(1, 81 - 10 * cutoff), np.arange(1, 61 - 10 * cutoff)
    people = pa.table(
        {
            "user_key": pa.array(users, pa.int32()),
            "user_id": [f"u{key}" for key in users],
            "is_listed": users % 2 == 0,
            "n_seen_pings": np.zeros(len(users), int),
            "signup_group": [str(key % 3) for key in users],
            "positive_rate": rng.random(len(users)),
        }
    )
    things = pa.table(
        {
            "ping_key": pa.array(pings, pa.int32()),
            "ping_id": [f"p{key}" for key in pings],
            "category_key": pings % 4,
            "creator_key": pings % 6,
            "prior_score": rng.normal(size=len(pings)),
            "log_duration": rng.random(len(pings)),
        }
    )
    pairs = np.unique(
        np.column_stack([rng.choice(users, responses), rng.choice(pings, responses)]), axis=0
    )
    history = pa.table(
        {
            "user_key": pairs[:, 0],
            "ping_key": pairs[:, 1],
            "hours_since_last": rng.random(len(pairs)) * 50,
            "gain": rng.choice([0.0, 0.5, 1.0], len(pairs)),
        }
    )
    return Tables(people, things, history)


def lists_of(cutoffs: Sequence[int], known: dict[int, Tables], sizes: dict[str, int]) -> pa.Table:
    lists, _ = all_lists(known.__getitem__, list(cutoffs), sizes, SETTINGS)
    return lists


def test_a_cutoff_knows_nothing_of_newer_ones_and_rows_may_come_in_any_order() -> None:
    known = {cutoff: tables_at(cutoff) for cutoff in range(3)}
    lists = lists_of((0, 1, 2), known, SIZES)
    status = lists.filter(pa.compute.equal(lists["kind"], "status")).to_pylist()
    assert [row["name"] for row in status] == ["trained"]
    assert "as of 2 of 2 training cutoffs" in status[0]["content"]
    listed = {
        cutoff: lists.filter(pa.compute.equal(lists["cutoff_key"], cutoff)) for cutoff in known
    }
    assert set(listed[0]["user_key"].to_pylist()) == set(range(2, 81, 2))
    assert max(listed[0]["ping_key"].to_pylist()) > 50  # met at the last cutoff
    rng = np.random.default_rng(0)
    mixed = {
        cutoff: Tables(*(
            table.take(rng.permutation(table.num_rows))
            for table in (one.users, one.pings, one.history)
        ))
        for cutoff, one in known.items()
    }  # fmt: skip
    other = lists_of((0, 1, 2), mixed | {0: tables_at(0, responses=400)}, SIZES | {"user": 200})
    for cutoff in (1, 2):
        same = other.filter(pa.compute.equal(other["cutoff_key"], cutoff))
        assert same.equals(listed[cutoff])
    assert not other.filter(pa.compute.equal(other["cutoff_key"], 0)).equals(listed[0])


def test_too_little_and_a_missing_package_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {0: tables_at(0, responses=LEAST_PAIRS // 2), 1: tables_at(1)}
    for cutoffs in ((0,), (0, 1)):
        (row,) = lists_of(cutoffs, known, SIZES).to_pylist()
        assert (row["kind"], row["name"]) == ("status", "skipped")
        assert row["content"].endswith(
            f"relevant ping to learn from, and {LEAST_PAIRS} are the least."
        )
    known = {0: tables_at(0), 1: tables_at(1, responses=LEAST_PAIRS // 2)}
    lists = lists_of((0, 1), known, SIZES)
    assert set(lists["cutoff_key"].to_pylist()) == {0, None}
    monkeypatch.setitem(sys.modules, "faiss", None)
    (row,) = lists_of((0,), known, SIZES).to_pylist()
    assert row["content"] == "faiss cannot be loaded: pip install -r requirements-retrieval.txt."
    assert STAGE == "two_tower"


def test_who_has_seen_much_is_given_as_many_new_ones() -> None:
    one = tables_at(0)
    seen = np.where(one.users["user_key"].to_numpy() == 4, 30, 0)
    users = one.users.set_column(3, "n_seen_pings", pa.array(seen))
    lists = lists_of((0,), {0: Tables(users, one.pings, one.history)}, SIZES)
    counts = lists.filter(pa.compute.is_null(lists["kind"])).group_by("user_key").aggregate(
        [("ping_key", "count")]
    )  # fmt: skip
    counted = dict(zip(*(column.to_pylist() for column in counts.columns), strict=True))
    assert counted[4] >= SETTINGS.source_pings + 30
    assert counted[2] == SETTINGS.source_pings


def test_the_command_measures_what_is_planted(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = "--no-sources --pings 400 --users 200 --pairs 2000 --asked 20 --k 10"
    assert main(arguments.split()) == 0
    told = capsys.readouterr().out
    assert "Nearest 10 of 400 pings" in told
    assert "exact" in told
    assert main(["--no-sources", "--k", "0"]) == 2
    assert capsys.readouterr().err == "benchmark_retrieval: --k must be 1 or more.\n"


def test_a_ping_begins_with_its_id_and_is_no_negative_of_itself() -> None:
    sizes = {"user": 1, "ping": 4, "category": 1, "creator": 1}
    towers, other = (Towers.begun(sizes, (0, 0)) for _ in range(2))
    towers.meet(np.array([1]), ["a"])
    towers.values["ping"][1] += 1
    learned = towers.values["ping"][1].copy()
    towers.meet(np.array([1, 2]), ["a", "b"])
    other.meet(np.array([3]), ["b"])
    assert np.array_equal(towers.values["ping"][1], learned)
    assert np.array_equal(towers.values["ping"][2], other.values["ping"][3])
    assert other.values["ping"][3].any()
    known, trained = small()
    twice = trained.loss(known, np.array([1, 2]), np.array([3, 3]), np.zeros(9))
    assert twice[0] == 0  # there is nothing else in the batch
