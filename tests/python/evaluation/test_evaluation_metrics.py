"""The offline evaluation on cases small enough to work out by hand, and on every bad input.

Larger random cases are compared with plain Python written from the definitions; the comparison
with other libraries is in test_evaluation_oracles.py.
"""

from __future__ import annotations

import itertools
import json
import math
import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import evaluate as program  # noqa: E402

import evaluation as em  # noqa: E402
from evaluation import resampling  # noqa: E402

Rows = Sequence[Sequence[Any]]

LIST_COLUMNS = ("user_id", "ping_id", "rank")
STRATEGY_COLUMNS = ("strategy", *LIST_COLUMNS)
FOLD_COLUMNS = ("cutoff", *STRATEGY_COLUMNS)
TRUTH_COLUMNS = ("user_id", "ping_id", "relevance")


def literal(value: object) -> str:
    """A value as SQL; text stays text, so that a column can hold what a test wants."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"cast('{value}' as double)"
    return "'" + str(value).replace("'", "''") + "'"


def write(path: Path, columns: Sequence[str], rows: Rows) -> Path:
    """Write rows as Parquet or CSV, by the name."""
    names = ", ".join(f'"{column}"' for column in columns)
    if rows:
        values = ", ".join("(" + ", ".join(map(literal, row)) + ")" for row in rows)
        query = f"from (values {values}) as given ({names})"
    else:
        nothing = ", ".join(f'null::varchar as "{column}"' for column in columns)
        query = f"select {nothing} where false"
    duckdb.connect().execute(f"copy ({query}) to '{path}'")
    return path


def list_rows(lists: dict[str, Iterable[str]]) -> list[tuple[str, str, int]]:
    return [
        (user, ping, rank)
        for user, pings in lists.items()
        for rank, ping in enumerate(pings, start=1)
    ]


def truth_rows(truth: dict[str, dict[str, float]]) -> list[tuple[str, str, float]]:
    return [
        (user, ping, float(grade)) for user, pings in truth.items() for ping, grade in pings.items()
    ]


class Case:
    """Files in a folder of their own, and what the engine makes of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Path] = {}
        self.values: dict[tuple[object, ...], float] = {}
        self.connection = duckdb.connect(config={"threads": 2})

    def give(self, kind: str, columns: Sequence[str], rows: Rows, name: str = "") -> Case:
        self.files[kind] = write(self.folder / (name or f"{kind}.parquet"), columns, rows)
        return self

    def lists(self, lists: dict[str, Iterable[str]]) -> Case:
        return self.give("lists", LIST_COLUMNS, list_rows(lists))

    def strategies(self, by_strategy: dict[str, dict[str, Iterable[str]]]) -> Case:
        rows = [(name, *row) for name, lists in by_strategy.items() for row in list_rows(lists)]
        return self.give("lists", STRATEGY_COLUMNS, rows)

    def truth(self, truth: dict[str, dict[str, float]]) -> Case:
        return self.give("truth", TRUTH_COLUMNS, truth_rows(truth))

    def run(self, *ks: int, **settings: object) -> em.Evaluation:
        given = em.Settings(ks=ks or (10,), **settings)
        self.values = {}
        self.result = em.evaluate(self.connection, em.Inputs(**self.files), given)
        return self.result

    def lookup(self) -> dict[tuple[object, ...], float]:
        """The reported values by their keys."""
        if not self.values:
            for row in self.result.metrics:
                keys = ("cutoff", "strategy", "segment", "k", "metric")
                self.values[tuple(row[name] for name in keys)] = row["value"]
        return self.values

    def value(self, metric: str, k: int = 10, **where: object) -> float:
        return self.row(metric, k, **where)["value"]

    def row(self, metric: str, k: int = 10, **where: object) -> em.Row:
        wanted = {"metric": metric, "k": k, "segment": "all", **where}
        found = [
            row
            for row in self.result.metrics
            if all(row[name] == value for name, value in wanted.items())
        ]
        assert len(found) == 1, f"{len(found)} rows for {wanted}"
        return found[0]

    def has(self, metric: str) -> bool:
        return any(row["metric"] == metric for row in self.result.metrics)

    def user(self, user: str, k: int = 10, scope: str = "all", **where: object) -> em.Row:
        conditions = " and ".join(
            [f"user_id = '{user}'", f"k = {k}", f"item_scope = '{scope}'"]
            + [f"{name} = {literal(value)}" for name, value in where.items()]
        )
        cursor = self.connection.execute(f"select * from per_user where {conditions}")
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
        assert len(rows) == 1, f"{len(rows)} rows for {conditions}"
        return dict(zip(names, rows[0], strict=True))

    def count(self, what: str, **where: object) -> int:
        wanted = {"what": what, **where}
        return sum(
            row["users"]
            for row in self.result.counts
            if all(row[name] == value for name, value in wanted.items())
        )


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


# ---------------------------------------------------------------------------------------------
# Worked by hand

GRADES = {"a": 4.0, "b": 2.0, "c": 1.0}


def test_perfect_list(case: Case) -> None:
    case.lists({"u": "abc"}).truth({"u": GRADES}).run(3)
    for metric in em.ACCURACY_METRICS:
        assert case.value(metric, 3) == pytest.approx(1.0, abs=1e-12), metric


def test_list_without_a_hit(case: Case) -> None:
    case.lists({"u": "xyz"}).truth({"u": GRADES}).run(3)
    for metric in em.ACCURACY_METRICS:
        assert case.value(metric, 3) == 0.0, metric
    assert case.user("u", 3)["hits"] == 0


def test_reversed_list(case: Case) -> None:
    case.lists({"u": "cba"}).truth({"u": GRADES}).run(3)
    second, third = 1 / math.log2(3), 1 / 2
    found = {metric: case.value(metric, 3) for metric in em.ACCURACY_METRICS}
    assert found == pytest.approx(
        {
            "hit_rate": 1,
            "precision": 1,
            "recall": 1,
            "recall_capped": 1,
            "mrr": 1,
            "map": 1,
            "ndcg": (1 + 2 * second + 4 * third) / (4 + 2 * second + 1 * third),
            "ndcg_exp": (1 + 3 * second + 15 * third) / (15 + 3 * second + 1 * third),
            "ndcg_binary": 1,
        },
        abs=1e-12,
    )
    assert found["ndcg"] == pytest.approx(0.7396674, abs=1e-7)
    assert found["ndcg_exp"] == pytest.approx(0.5975344, abs=1e-7)


def test_short_list_still_divides_by_k(case: Case) -> None:
    case.lists({"u": "xa"}).truth({"u": {"a": 1, "b": 1, "c": 1}}).run(10)
    found = {metric: case.value(metric) for metric in em.ACCURACY_METRICS}
    dcg, ideal = 1 / math.log2(3), 1 + 1 / math.log2(3) + 1 / 2
    assert found == pytest.approx(
        {
            "hit_rate": 1,
            "precision": 1 / 10,
            "recall": 1 / 3,
            "recall_capped": 1 / 3,
            "mrr": 1 / 2,
            "map": (1 / 2) / 3,
            "ndcg": dcg / ideal,
            "ndcg_exp": dcg / ideal,
            "ndcg_binary": dcg / ideal,
        },
        abs=1e-12,
    )
    assert case.user("u")["list_length"] == 2


def test_more_relevant_pings_than_k(case: Case) -> None:
    case.lists({"u": "abxy"}).truth({"u": dict.fromkeys("abcde", 1.0)}).run(2, 4)
    assert case.value("recall", 2) == pytest.approx(2 / 5)
    assert case.value("recall_capped", 2) == 1.0
    assert case.value("map", 2) == pytest.approx((1 + 1) / 5)
    assert case.value("ndcg", 2) == pytest.approx(1.0), "the ideal is cut at K, too"
    assert case.value("recall_capped", 4) == pytest.approx(2 / 4)


def test_only_hits_within_k_count(case: Case) -> None:
    case.lists({"u": "xyza"}).truth({"u": {"a": 1}}).run(3, 4)
    assert case.value("mrr", 3) == 0.0
    assert case.value("hit_rate", 3) == 0.0
    assert case.value("mrr", 4) == pytest.approx(1 / 4)


def test_map_counts_hits_so_far(case: Case) -> None:
    case.lists({"u": "axbyc"}).truth({"u": {"a": 1, "b": 1, "c": 1, "d": 1}}).run(5)
    assert case.value("map", 5) == pytest.approx((1 / 1 + 2 / 3 + 3 / 5) / 4)


def test_half_grades(case: Case) -> None:
    case.lists({"u": "ab"}).truth({"u": {"a": 0.5, "b": 1.0}}).run(2)
    second = 1 / math.log2(3)
    assert case.value("ndcg", 2) == pytest.approx((0.5 + second) / (1 + 0.5 * second))
    half = math.sqrt(2) - 1
    assert case.value("ndcg_exp", 2) == pytest.approx((half + second) / (1 + half * second))


def test_relevance_zero_is_not_relevant(case: Case) -> None:
    case.lists({"u": "ab", "v": "ab"}).truth({"u": {"a": 0, "b": 1}, "v": {"a": 0}}).run(2)
    assert case.value("mrr", 2) == pytest.approx(1 / 2)
    assert case.user("u", 2)["n_relevant"] == 1
    assert case.count("evaluated") == 1
    assert case.count("left_out", reason="no relevant truth") == 1


def test_user_without_a_list_scores_zero(case: Case) -> None:
    truth = {"u": {"a": 1}, "v": {"a": 1}, "w": {"b": 1}}
    case.lists({"u": "ab", "stranger": "ab"}).truth(truth).run(2)
    assert case.value("hit_rate", 2) == pytest.approx(1 / 3)
    assert case.row("hit_rate", 2)["n"] == 3
    assert case.user("w", 2)["ndcg"] == 0.0
    assert case.user("w", 2)["list_length"] == 0
    assert case.count("without_list") == 2
    assert case.count("left_out", reason="no relevant truth") == 1
    assert case.count("lists") == 2


def test_normal_interval(case: Case) -> None:
    truth = {user: {"a": 1} for user in "stuv"}
    case.lists({"s": "a", "t": "a", "u": "x", "v": "x"}).truth(truth).run(1)
    row = case.row("hit_rate", 1)
    half = 1.959963984540054 * math.sqrt(1 / 3) / math.sqrt(4)
    assert (row["low"], row["value"], row["high"]) == pytest.approx((0.5 - half, 0.5, 0.5 + half))
    assert row["bootstrap_low"] is None
    case.run(1, confidence=0.9)
    half = 1.6448536269514722 * math.sqrt(1 / 3) / math.sqrt(4)
    assert case.row("hit_rate", 1)["high"] == pytest.approx(0.5 + half)


def test_one_user_has_no_interval(case: Case) -> None:
    case.lists({"u": "a"}).truth({"u": {"a": 1}}).run(1, bootstrap=100)
    row = case.row("ndcg", 1)
    assert (row["low"], row["high"], row["n"]) == (None, None, 1)


def test_huge_grades_leave_out_ndcg_exp(case: Case) -> None:
    case.lists({"u": "ab"}).truth({"u": {"a": 3000.0, "b": 1.0}}).run(2, bootstrap=100)
    assert not case.has("ndcg_exp")
    assert case.user("u", 2)["ndcg_exp"] is None
    assert case.value("ndcg", 2) == pytest.approx(1.0)
    assert any("ndcg_exp" in note for note in case.result.notes)


# ---------------------------------------------------------------------------------------------
# Against plain Python, on random data

CATEGORIES = ("music", "dance", "food", None)


class World:
    """Random lists, truth, history and catalogue, and the definitions in plain Python."""

    def __init__(self, seed: int, cutoffs: Sequence[str] = ("2024-02-13", "2024-02-14")) -> None:
        rng = random.Random(seed)
        self.cutoffs = cutoffs
        self.users = [f"u{number:02d}" for number in range(30)]
        self.pings = [f"p{number:02d}" for number in range(25)]
        unknown = ["unlisted1", "unlisted2"]
        self.category = {ping: rng.choice(CATEGORIES) for ping in self.pings}
        self.creator = {ping: f"c{rng.randrange(6)}" for ping in self.pings}
        self.is_new = {user: rng.random() < 0.4 for user in self.users[:25]}
        self.lists: dict[tuple[str, str], dict[str, list[str]]] = {}
        self.truth: dict[str, dict[str, dict[str, float]]] = {}
        self.history: dict[str, dict[str, set[str]]] = {}
        for cutoff in cutoffs:
            for strategy in ("popular", "mine"):
                self.lists[cutoff, strategy] = {
                    user: rng.sample(self.pings + unknown, rng.choice([1, 2, 4, 8, 12]))
                    for user in rng.sample(self.users, 24)
                }
            self.history[cutoff] = {
                user: set(rng.sample(self.pings[:18] + unknown[:1], rng.choice([1, 2, 6])))
                for user in rng.sample(self.users, 20)
            }
            self.truth[cutoff] = {
                user: {
                    ping: rng.choice([0.0, 0.5, 1.0, 2.0, 3.0, 4.0])
                    for ping in rng.sample(self.pings, rng.choice([1, 3, 7]))
                }
                for user in rng.sample(self.users, 26)
            }

    def write(self, case: Case) -> None:
        case.give(
            "lists",
            FOLD_COLUMNS,
            [
                (cutoff, strategy, *row)
                for (cutoff, strategy), lists in self.lists.items()
                for row in list_rows(lists)
            ],
        )
        case.give(
            "truth",
            ("cutoff", *TRUTH_COLUMNS),
            [(cutoff, *row) for cutoff in self.cutoffs for row in truth_rows(self.truth[cutoff])],
        )
        case.give(
            "history",
            ("cutoff", "user_id", "ping_id"),
            [
                (cutoff, user, ping)
                for cutoff in self.cutoffs
                for user, pings in self.history[cutoff].items()
                for ping in sorted(pings)
                for _ in range(2)  # repeats do no harm
            ],
        )
        case.give(
            "catalogue",
            ("ping_id", "creator_id", "category"),
            [(ping, self.creator[ping], self.category[ping]) for ping in self.pings],
        )
        case.give("users", ("user_id", "is_new"), list(self.is_new.items()))

    def relevant(self, cutoff: str, scope: str = "all") -> dict[str, dict[str, float]]:
        warm = {ping for pings in self.history[cutoff].values() for ping in pings}
        found = {}
        for user, grades in self.truth[cutoff].items():
            seen = self.history[cutoff].get(user, set())
            mine = {
                ping: grade
                for ping, grade in grades.items()
                if grade > 0
                and ping not in seen
                and (scope == "all" or (ping in warm) == (scope == "warm_items"))
            }
            if mine:
                found[user] = mine
        return found

    def in_segment(self, cutoff: str, user: str, segment: str) -> bool:
        if segment == "all":
            return True
        if user not in self.is_new:
            return False
        if segment in {"new", "existing"}:
            return self.is_new[user] == (segment == "new")
        n_seen = len(self.history[cutoff].get(user, ()))
        bucket = (
            "0" if n_seen < 1 else "1_to_4" if n_seen < 5 else "5_to_19" if n_seen < 20 else "20_up"
        )
        return segment == f"activity_{bucket}"


def accuracy(pings: Sequence[str], grades: dict[str, float], k: int) -> dict[str, float]:
    """The accuracy metrics of one list, from their definitions."""
    top = list(pings)[:k]
    positions = [place for place, ping in enumerate(top, start=1) if ping in grades]

    def dcg(gains: Iterable[float]) -> float:
        return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, start=1))

    def normalised(gain: Callable[[float], float]) -> float:
        best = sorted((gain(grade) for grade in grades.values()), reverse=True)[:k]
        return dcg(gain(grades[ping]) if ping in grades else 0.0 for ping in top) / dcg(best)

    return {
        "hit_rate": float(bool(positions)),
        "precision": len(positions) / k,
        "recall": len(positions) / len(grades),
        "recall_capped": len(positions) / min(k, len(grades)),
        "mrr": 1 / positions[0] if positions else 0.0,
        "map": sum(n / place for n, place in enumerate(positions, start=1)) / len(grades),
        "ndcg": normalised(lambda grade: grade),
        "ndcg_exp": normalised(lambda grade: 2**grade - 1),
        "ndcg_binary": normalised(lambda grade: 1.0),
    }


def mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


@pytest.fixture(scope="module", params=[1, 2])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[World, Case]:
    world = World(request.param)
    case = Case(tmp_path_factory.mktemp("world"))
    world.write(case)
    case.run(1, 3, 10, bootstrap=100, permutations=100)
    return world, case


SEGMENTS = ("all", "new", "existing", "activity_0", "activity_1_to_4", "activity_5_to_19")


def check(case: Case, metric: str, expected: float | None, **where: object) -> None:
    """Compare a reported value; a metric that nobody has a value for has no row."""
    place = tuple(where[name] for name in ("cutoff", "strategy", "segment", "k"))
    found = case.lookup().get((*place, metric))
    if expected is None:
        assert found is None, f"{where} should have no {metric}"
    else:
        assert found == pytest.approx(expected, abs=1e-9), (metric, where)


def each_fold(world: World) -> Iterable[tuple[str, str, str, int]]:
    for cutoff in world.cutoffs:
        for strategy in ("popular", "mine"):
            for k in (1, 3, 10):
                yield cutoff, f"{cutoff} 00:00:00", strategy, k


def test_accuracy_by_segment(world: tuple[World, Case]) -> None:
    data, case = world
    for cutoff, name, strategy, k in each_fold(data):
        lists = data.lists[cutoff, strategy]
        for scope in ("all", "warm_items", "cold_items"):
            relevant = data.relevant(cutoff, scope)
            scores = {
                user: accuracy(lists.get(user, []), grades, k) for user, grades in relevant.items()
            }
            for segment in SEGMENTS if scope == "all" else (scope,):
                users = [
                    user
                    for user in scores
                    if scope != "all" or data.in_segment(cutoff, user, segment)
                ]
                for metric in em.ACCURACY_METRICS:
                    expected = mean(scores[user][metric] for user in users)
                    check(
                        case,
                        metric,
                        expected,
                        cutoff=name,
                        strategy=strategy,
                        segment=segment,
                        k=k,
                    )


def test_pooled_means_count_each_user_once(world: tuple[World, Case]) -> None:
    data, case = world
    for k in (1, 3, 10):
        by_user = defaultdict(list)
        for cutoff in data.cutoffs:
            for user, grades in data.relevant(cutoff).items():
                by_user[user].append(
                    accuracy(data.lists[cutoff, "mine"].get(user, []), grades, k)["ndcg"]
                )
        expected = mean(mean(values) for values in by_user.values())
        check(case, "ndcg", expected, cutoff="all", strategy="mine", segment="all", k=k)


def test_list_metrics_by_segment(world: tuple[World, Case]) -> None:
    data, case = world
    for cutoff, name, strategy, k in each_fold(data):
        history = data.history[cutoff]
        touched = Counter(ping for pings in history.values() for ping in pings)
        values: dict[str, dict[str, float | None]] = {}
        for user, pings in data.lists[cutoff, strategy].items():
            top = pings[:k]
            known = [data.category.get(ping) for ping in top]
            known = [category for category in known if category is not None]
            pairs = list(itertools.combinations(known, 2))
            seen = history.get(user, set())
            before = None
            if cutoff == data.cutoffs[1]:
                before = data.lists[data.cutoffs[0], strategy].get(user)
            values[user] = {
                "novelty": mean(-math.log2(max(touched[ping], 1) / len(history)) for ping in top),
                "popularity": mean(touched[ping] for ping in top),
                "intra_list_diversity": mean(float(one != other) for one, other in pairs),
                "calibration": divergence([data.category.get(ping) for ping in seen], known, 0.01),
                "unseen_share": mean(float(ping not in seen) for ping in top),
                "churn": None
                if before is None
                else 1 - len(set(top) & set(before[:k])) / max(len(top), len(before[:k])),
            }
        for segment in SEGMENTS:
            users = [user for user in values if data.in_segment(cutoff, user, segment)]
            for metric in em.LIST_METRICS:
                expected = mean(values[user][metric] for user in users)
                check(case, metric, expected, cutoff=name, strategy=strategy, segment=segment, k=k)


def divergence(seen: Sequence[str | None], shown: Sequence[str], alpha: float) -> float | None:
    profile = Counter(category for category in seen if category is not None)
    if not profile or not shown:
        return None
    listed = Counter(shown)
    total = 0.0
    for category, times in profile.items():
        share = times / profile.total()
        mixed = (1 - alpha) * listed[category] / len(shown) + alpha * share
        total += share * math.log(share / mixed)
    return total


def test_exposure_metrics_by_segment(world: tuple[World, Case]) -> None:
    data, case = world
    for cutoff, name, strategy, k in each_fold(data):
        for segment in SEGMENTS:
            lists = {
                user: pings[:k]
                for user, pings in data.lists[cutoff, strategy].items()
                if data.in_segment(cutoff, user, segment)
            }
            if not lists:
                continue
            shown = Counter(ping for pings in lists.values() for ping in pings)
            exposure = sorted(shown[ping] for ping in data.pings)
            n = len(exposure)
            # Gini by its other definition: the mean absolute difference, over twice the mean.
            gaps = sum(abs(one - other) for one in exposure for other in exposure)
            creators = {data.creator[ping] for ping in shown if ping in data.creator}
            shares = [times / shown.total() for times in shown.values()]
            overlaps = [
                1 - len(set(one) & set(other)) / k
                for one, other in itertools.combinations(lists.values(), 2)
            ]
            touched = Counter(ping for pings in data.history[cutoff].values() for ping in pings)
            both = [user for user in lists if user in data.history[cutoff]]
            in_lists = mean(mean(touched[ping] for ping in lists[user]) for user in both)
            in_history = mean(
                mean(touched[ping] for ping in data.history[cutoff][user]) for user in both
            )
            expected = {
                "item_coverage": sum(times > 0 for times in exposure) / n,
                "creator_coverage": len(creators) / len(set(data.creator.values())),
                "gini_exposure": gaps / (2 * n * sum(exposure)) if sum(exposure) else None,
                "entropy": -sum(share * math.log2(share) for share in shares),
                "personalisation": mean(overlaps),
                "popularity_lift": in_lists / in_history - 1 if both else None,
            }
            for metric, value in expected.items():
                check(case, metric, value, cutoff=name, strategy=strategy, segment=segment, k=k)


def test_exposure_metrics_have_no_interval(world: tuple[World, Case]) -> None:
    _, case = world
    for row in case.result.metrics:
        bounds = [row[name] for name in ("low", "high", "bootstrap_low", "bootstrap_high")]
        if row["metric"] in em.EXPOSURE_METRICS:
            assert bounds == [None] * 4, row
        elif row["n"] > 1:
            assert None not in bounds, row
            assert bounds[2] <= row["value"] + 1e-6, row
            assert bounds[3] >= row["value"] - 1e-6, row


def test_per_user_rows_give_the_means(world: tuple[World, Case]) -> None:
    _, case = world
    checked = 0
    for row in case.result.metrics:
        if row["metric"] in em.EXPOSURE_METRICS or row["cutoff"] == "all":
            continue
        if row["segment"] != "all":
            continue
        ((value, n),) = case.connection.execute(
            f"select avg({row['metric']}), count({row['metric']}) from per_user where cutoff = ? "
            "and strategy = ? and k = ? and item_scope = 'all'",
            [row["cutoff"], row["strategy"], row["k"]],
        ).fetchall()
        assert (value, n) == (pytest.approx(row["value"], abs=1e-12), row["n"])
        checked += 1
    assert checked > 100


def test_counts_add_up(world: tuple[World, Case]) -> None:
    data, case = world
    for cutoff in data.cutoffs:
        name = f"{cutoff} 00:00:00"
        met = set(data.truth[cutoff]) | set(data.is_new)
        for strategy in ("popular", "mine"):
            met |= set(data.lists[cutoff, strategy])
        evaluated = set(data.relevant(cutoff))
        all_seen = {
            user
            for user, grades in data.truth[cutoff].items()
            if user not in evaluated and any(grades.values())
        }
        assert case.count("evaluated", cutoff=name) == len(evaluated)
        assert case.count("left_out", cutoff=name, reason="all relevant pings seen before") == len(
            all_seen
        )
        assert case.count("left_out", cutoff=name) == len(met - evaluated)
        for strategy in ("popular", "mine"):
            lists = data.lists[cutoff, strategy]
            assert case.count("lists", cutoff=name, strategy=strategy) == len(lists)
            without = case.count("without_list", cutoff=name, strategy=strategy)
            assert without == len(evaluated - set(lists))


def test_unseen_share_below_one_is_noted(world: tuple[World, Case]) -> None:
    _, case = world
    assert any("mine recommends pings that" in note for note in case.result.notes)


# ---------------------------------------------------------------------------------------------
# What belongs together, and what is left out


def test_seen_pairs_do_not_count_unless_asked(case: Case) -> None:
    case.lists({"u": "ab", "v": "ab"}).truth({"u": {"a": 1, "b": 1}, "v": {"a": 1}})
    case.give("history", ("user_id", "ping_id"), [("u", "a"), ("v", "a")])
    case.run(2)
    assert case.row("mrr", 2)["n"] == 1
    assert case.value("mrr", 2) == pytest.approx(1 / 2)
    assert case.count("left_out", reason="all relevant pings seen before") == 1
    case.run(2, exclude_seen=False)
    assert case.value("mrr", 2) == 1.0
    assert case.row("mrr", 2)["n"] == 2


def test_left_out_users_and_reasons(case: Case) -> None:
    case.lists({"u": "a", "v": "a", "w": "a"})
    case.truth({"u": {"a": 1}, "v": {"a": 1}, "w": {"a": 1}})
    case.give(
        "users",
        ("user_id", "left_out_reason", "is_eligible"),
        [("u", None, True), ("v", "no history", True), ("w", None, False), ("z", None, True)],
    )
    case.run(1)
    assert case.count("evaluated") == 1
    assert case.count("left_out", reason="no history") == 1
    assert case.count("left_out", reason="not eligible") == 1
    assert case.count("left_out", reason="no relevant truth") == 1, "z is known from users only"


def test_given_activity_labels(case: Case) -> None:
    case.lists({"u": "a", "v": "x"}).truth({"u": {"a": 1}, "v": {"a": 1}})
    case.give("users", ("user_id", "activity"), [("u", "heavy"), ("v", "light")])
    case.run(1)
    assert case.value("hit_rate", 1, segment="activity_heavy") == 1.0
    assert case.value("hit_rate", 1, segment="activity_light") == 0.0


def test_popularity_comes_from_the_catalogue(case: Case) -> None:
    case.lists({"u": "ab"}).truth({"u": {"b": 1, "c": 1}})
    case.give("catalogue", ("ping_id", "global_engagement"), [("a", 8.0), ("b", -1.0), ("c", 0.0)])
    case.run(2)
    assert case.value("popularity", 2) == pytest.approx(3.5)
    assert case.row("recall", 2, segment="warm_items")["value"] == 1.0
    assert case.row("recall", 2, segment="cold_items")["value"] == 0.0


def test_metrics_that_lack_their_input_are_noted(case: Case) -> None:
    case.lists({"u": "a", "v": "b"}).truth({"u": {"a": 1}}).run(1)
    assert not case.has("item_coverage")
    assert not case.has("novelty")
    note = next(note for note in case.result.notes if note.startswith("Not computed"))
    for metric in em.METRICS:
        assert case.has(metric) != (metric in note.replace(",", " ").split()), metric


def test_strategy_absent_at_a_cutoff(case: Case) -> None:
    rows = [
        ("1", "popular", "u", "a", 1),
        ("2", "popular", "u", "a", 1),
        ("2", "mine", "u", "a", 1),
    ]
    case.give("lists", FOLD_COLUMNS, rows)
    case.give("truth", ("cutoff", *TRUTH_COLUMNS), [("1", "u", "a", 1.0), ("2", "u", "a", 1.0)])
    case.run(1)
    assert {(row["cutoff"], row["strategy"]) for row in case.result.metrics} >= {
        ("1", "popular"),
        ("2", "popular"),
        ("2", "mine"),
        ("all", "popular"),
    }
    assert not [
        row
        for row in case.result.metrics
        if row["strategy"] == "mine" and row["cutoff"] in {"1", "all"}
    ]
    assert any("mine has no list at all at cutoff 1" in note for note in case.result.notes)


def test_cutoffs_are_matched_however_written(case: Case) -> None:
    lists = [("2024-02-13", "u", "a", 1), ("2024-02-14", "u", "a", 1)]
    case.give("lists", ("cutoff", *LIST_COLUMNS), lists)
    truth = [("2024-02-13T00:00:00", "u", "a", 1.0), ("2024-02-14 01:00:00+01", "u", "b", 1.0)]
    case.give("truth", ("cutoff", *TRUTH_COLUMNS), truth)
    case.run(1)
    assert case.value("hit_rate", 1, cutoff="2024-02-13 00:00:00") == 1.0
    assert case.value("hit_rate", 1, cutoff="2024-02-14 00:00:00") == 0.0


def test_numbered_cutoffs_are_in_order(case: Case) -> None:
    """Churn is between fold 2 and fold 10, which the alphabet would put the other way round."""
    lists = {"2": "ab", "10": "ac", "9": "ab"}
    rows = [(cut, "u", ping, n) for cut, pings in lists.items() for n, ping in enumerate(pings, 1)]
    case.give("lists", ("cutoff", *LIST_COLUMNS), rows)
    case.give("truth", ("cutoff", *TRUTH_COLUMNS), [(cut, "u", "a", 1.0) for cut in lists])
    case.run(2)
    assert not [
        row for row in case.result.metrics if row["metric"] == "churn" and row["cutoff"] == "2"
    ]
    assert case.value("churn", 2, cutoff="9") == 0.0
    assert case.value("churn", 2, cutoff="10") == pytest.approx(1 / 2)


def test_files_of_any_kind_give_the_same(case: Case, tmp_path: Path) -> None:
    lists, truth = list_rows({"1": ["7", "8"], "2": ["8", "9"]}), truth_rows({"1": {"8": 2}})
    case.give("lists", LIST_COLUMNS, lists).give("truth", TRUTH_COLUMNS, truth).run(2)
    expected = case.result.metrics
    whole = [(int(user), int(ping), rank) for user, ping, rank in lists]
    case.give("lists", LIST_COLUMNS, whole, "whole.parquet")
    assert case.run(2).metrics == expected, "text against whole numbers"
    case.give("truth", TRUTH_COLUMNS, [(1, 8, 2.0)], "whole_truth.parquet")
    assert case.run(2).metrics == expected, "whole numbers"
    assert case.user("1", 2)["user_id"] == "1"
    case.give("lists", (" User_ID", "PING_ID ", "Rank"), lists, "lists.csv")
    assert case.run(2).metrics == expected, "CSV, oddly written header"
    folder = tmp_path / "parts"
    folder.mkdir()
    write(folder / "one.parquet", LIST_COLUMNS, lists[:2])
    write(folder / "two.parquet", LIST_COLUMNS, lists[2:])
    case.files["lists"] = folder
    assert case.run(2).metrics == expected, "a folder of files"


def test_names_with_quotes(case: Case) -> None:
    case.strategies({"it's": {"o'u": ["p'a"]}, "popular": {"o'u": ["b"]}})
    case.truth({"o'u": {"p'a": 1}}).run(1)
    assert case.value("hit_rate", 1, strategy="it's") == 1.0


def test_k_beyond_the_catalogue_is_noted(case: Case) -> None:
    case.lists({"u": "ab"}).truth({"u": {"a": 1}})
    case.give("catalogue", ("ping_id",), [("a",), ("b",)]).run(1, 20)
    assert case.value("precision", 20) == pytest.approx(1 / 20)
    assert any(note.startswith("K = 20 is more than the 2 pings") for note in case.result.notes)


def test_k_beyond_every_list(case: Case) -> None:
    case.lists({"u": "xab", "v": "b"}).truth({"u": {"a": 1, "b": 2}, "v": {"b": 1}}).run(3, 999_999)
    for metric in ("recall", "mrr", "map", "ndcg", "ndcg_exp", "ndcg_binary"):
        assert case.value(metric, 999_999) == case.value(metric, 3), metric
    assert case.value("precision", 999_999) == pytest.approx(1.5 / 999_999)


# ---------------------------------------------------------------------------------------------
# Bootstrap, tests, conclusion


def chance_strategies(
    users: int, shares: dict[str, float], seed: int = 5
) -> tuple[dict[str, dict[str, list[str]]], dict[str, dict[str, float]]]:
    """Strategies that hit one relevant ping with a given chance."""
    rng = random.Random(seed)
    truth = {f"u{number:05d}": {"hit": 1.0} for number in range(users)}
    lists = {
        name: {user: ["hit" if rng.random() < share else "miss"] for user in truth}
        for name, share in shares.items()
    }
    return lists, truth


def test_poisson_table_is_poisson() -> None:
    table = resampling.poisson_table().astype(float)
    assert len(table) == 65_536
    assert table.mean() == pytest.approx(1, abs=1e-4)
    assert table.var() == pytest.approx(1, abs=1e-3)
    assert (table == 0).mean() == pytest.approx(math.exp(-1), abs=1e-4)


def test_bootstrap_agrees_with_the_normal_interval(case: Case) -> None:
    users = resampling.BLOCK_USERS + 500  # more than one block
    lists, truth = chance_strategies(users, {"popular": 0.2, "mine": 0.3})
    case.strategies(lists).truth(truth).run(1, bootstrap=1000)
    for strategy in ("popular", "mine"):
        row = case.row("hit_rate", 1, strategy=strategy)
        width = row["high"] - row["low"]
        assert row["bootstrap_low"] == pytest.approx(row["low"], abs=0.1 * width)
        assert row["bootstrap_high"] == pytest.approx(row["high"], abs=0.1 * width)
    paired = next(row for row in case.result.comparisons if row["metric"] == "hit_rate")
    width = paired["high"] - paired["low"]
    assert paired["bootstrap_low"] == pytest.approx(paired["low"], abs=0.1 * width)


def test_bootstrap_of_a_partial_metric(case: Case) -> None:
    """A metric that some users have no value for is resampled over those that have one."""
    case.lists({"u": "ab", "v": "ac", "w": "a"}).truth({"u": {"a": 1}, "w": {"a": 1}})
    rows = [("a", "music"), ("b", "music"), ("c", "dance")]
    case.give("catalogue", ("ping_id", "category"), rows).run(2, bootstrap=400)
    row = case.row("intra_list_diversity", 2)
    assert (row["value"], row["n"]) == (0.5, 2)
    assert (row["bootstrap_low"], row["bootstrap_high"]) == (0.0, 1.0)
    assert case.row("ndcg", 2)["bootstrap_low"] == pytest.approx(1.0, abs=1e-6)


def test_same_seed_same_result(case: Case) -> None:
    lists, truth = chance_strategies(300, {"popular": 0.2, "mine": 0.3})
    case.strategies(lists).truth(truth)
    first = case.run(1, bootstrap=200)
    case.connection = duckdb.connect(config={"threads": 1})
    again = case.run(1, bootstrap=200)
    other = case.run(1, bootstrap=200, seed=1)
    assert again.comparisons == first.comparisons
    key = ("bootstrap_low", "bootstrap_high")
    assert [[row[name] for name in key] for row in again.metrics] == [
        [row[name] for name in key] for row in first.metrics
    ]
    assert other.comparisons != first.comparisons


def paired_row(case: Case, metric: str, strategy: str, baseline: str, k: int = 1) -> em.Row:
    (row,) = (
        row
        for row in case.result.comparisons
        if (row["metric"], row["strategy"], row["baseline"], row["k"])
        == (metric, strategy, baseline, k)
    )
    return row


def test_sign_flip_with_few_users_is_exact(case: Case) -> None:
    """Ten users, differences of several sizes: every one of the 1,024 choices of signs."""
    rng = random.Random(3)
    pings = [f"p{number}" for number in range(8)]
    truth = {f"u{number}": {"p0": 3.0, "p1": 1.0, "p2": 0.5} for number in range(10)}
    lists = {name: {user: rng.sample(pings, 8) for user in truth} for name in ("popular", "mine")}
    case.strategies(lists).truth(truth).run(5)
    for metric in ("ndcg", "hit_rate", "mrr", "map"):
        differences = [
            accuracy(lists["mine"][user], truth[user], 5)[metric]
            - accuracy(lists["popular"][user], truth[user], 5)[metric]
            for user in truth
        ]
        observed = abs(sum(differences))
        flips = [
            abs(sum(sign * value for sign, value in zip(signs, differences, strict=True)))
            for signs in itertools.product((1, -1), repeat=10)
        ]
        row = paired_row(case, metric, "mine", "popular", 5)
        assert row["p_value"] == sum(flip >= observed - 1e-9 for flip in flips) / 1024
        assert row["difference"] == pytest.approx(sum(differences) / 10, abs=1e-12)
        spread = math.sqrt(
            sum((value - sum(differences) / 10) ** 2 for value in differences) / 9 / 10
        )
        assert row["high"] - row["difference"] == pytest.approx(1.959964 * spread, rel=1e-6)


def test_sign_flip_with_many_users_is_close_to_exact(case: Case) -> None:
    """For a metric of 0 and 1 the exact chance is a binomial one."""
    shares = {"popular": 0.20, **{f"mine{share}": share for share in (0.2, 0.22, 0.24, 0.26)}}
    lists, truth = chance_strategies(400, shares)
    case.strategies(lists).truth(truth).run(1)
    found = []
    for name in shares:
        if name == "popular":
            continue
        pairs = [
            (lists[name][user] == ["hit"], lists["popular"][user] == ["hit"]) for user in truth
        ]
        wins, losses = pairs.count((True, False)), pairs.count((False, True))
        n, extreme = wins + losses, max(wins, losses)
        exact = min(1.0, 2 * sum(math.comb(n, x) for x in range(extreme, n + 1)) / 2**n)
        p_value = paired_row(case, "hit_rate", name, "popular")["p_value"]
        # the estimate counts the observed signs as one draw more
        expected = (10_000 * exact + 1) / 10_001
        bound = 4 * math.sqrt(exact * (1 - exact) / 10_000)
        assert p_value == pytest.approx(expected, abs=bound, rel=1e-12), name
        found.append(exact)
    assert min(found) < 0.2, "some should be rather clear"
    assert max(found) > 0.4, "and some not at all"


def test_test_keeps_its_level(case: Case) -> None:
    """With nothing to find, few of many strategies are found."""
    shares = {f"s{number:02d}": 0.3 for number in range(40)} | {"popular": 0.3}
    lists, truth = chance_strategies(300, shares, seed=11)
    case.strategies(lists).truth(truth).run(1, permutations=1000)
    rows = [row for row in case.result.comparisons if row["metric"] == "hit_rate"]
    assert len(rows) == 40
    assert sum(row["p_value"] < 0.05 for row in rows) <= 7
    assert sum(row["p_holm"] < 0.05 for row in rows) == 0


def test_equal_strategies_cannot_be_told_apart(case: Case) -> None:
    lists, truth = chance_strategies(50, {"popular": 0.3})
    case.strategies({**lists, "copy": lists["popular"]}).truth(truth).run(1, bootstrap=100)
    row = paired_row(case, "ndcg", "copy", "popular")
    assert (row["difference"], row["low"], row["high"], row["p_value"]) == (0, 0, 0, 1)
    assert row["verdict"] == "cannot be told apart"


def test_holm() -> None:
    assert resampling.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert resampling.holm([0.9, 0.8]) == [1.0, 1.0]
    assert resampling.holm([]) == []


def test_best_baseline_is_marked(case: Case) -> None:
    shares = {"random": 0.02, "popular": 0.3, "trending": 0.4, "mine": 0.6}
    lists, truth = chance_strategies(400, shares)
    case.strategies(lists).truth(truth).run(1)
    rows = [row for row in case.result.comparisons if row["metric"] == "ndcg"]
    assert {row["baseline"]: row["is_best_baseline"] for row in rows} == {
        "popular": False,
        "trending": True,
    }
    assert {row["strategy"] for row in rows if row["baseline"] == "trending"} == {
        "random",
        "popular",
        "mine",
    }
    assert paired_row(case, "ndcg", "mine", "trending")["verdict"] == "better"
    assert paired_row(case, "ndcg", "random", "trending")["verdict"] == "worse"


def test_conclusion_tells_the_groups_apart(case: Case) -> None:
    shares = {
        "random": 0.02, "popular": 0.30, "trending": 0.40, "good": 0.70, "great": 0.80,
        "like_trending": 0.40, "bad": 0.05,
    }  # fmt: skip
    lists, truth = chance_strategies(1500, shares)
    case.strategies(lists).truth(truth).run(1)
    assert case.result.conclusion == (
        "By ndcg@1 for 1,500 users: good and great are better than popular and trending; "
        "like_trending is better than popular but cannot be told apart from trending; "
        "bad is worse than popular and trending."
    )


def test_conclusion_without_baselines(case: Case) -> None:
    case.lists({"u": "a"}).truth({"u": {"a": 1}})
    assert "means nothing" in case.run(1).conclusion
    case.strategies({"popular": {"u": "a"}})
    assert "only baselines" in case.run(1).conclusion
    case.strategies({"one": {"u": "a"}, "two": {"u": "b"}})
    result = case.run(1)
    assert result.comparisons == []
    assert any(note.startswith("No strategy is named") for note in result.notes)


def test_own_baselines(case: Case) -> None:
    lists, truth = chance_strategies(400, {"today": 0.3, "mine": 0.6})
    case.strategies(lists).truth(truth).run(1, baselines=("today",), references=("today",))
    assert case.result.conclusion == "By ndcg@1 for 400 users: mine is better than today."


def test_comparison_over_cutoffs(case: Case) -> None:
    lists, truth = chance_strategies(200, {"popular": 0.2, "mine": 0.5})
    rows = [
        (cutoff, name, *row)
        for cutoff in ("1", "2")
        for name, mine in lists.items()
        for row in list_rows(mine)
    ]
    case.give("lists", FOLD_COLUMNS, rows)
    truths = [(cutoff, *row) for cutoff in ("1", "2") for row in truth_rows(truth)]
    case.give("truth", ("cutoff", *TRUTH_COLUMNS), truths)
    case.run(1)
    by_cutoff = {
        row["cutoff"]: row for row in case.result.comparisons if row["metric"] == "hit_rate"
    }
    assert set(by_cutoff) == {"1", "2", "all"}
    assert by_cutoff["all"]["n"] == 200, "a user at two cutoffs is still one user"
    assert by_cutoff["all"]["high"] == pytest.approx(by_cutoff["1"]["high"])
    assert case.result.conclusion.startswith("By ndcg@1 for 200 users over 2 cutoffs: mine is")


# ---------------------------------------------------------------------------------------------
# Input that cannot be used: one sentence, exit code 2

GOOD_LISTS = list_rows({"u": "ab", "v": "ba"})
GOOD_TRUTH = truth_rows({"u": {"a": 1}, "v": {"c": 1}})


def refused(case: Case, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """Run the program, which must refuse; returns its sentence."""
    arguments = ["--output", str(case.folder / "out"), "--no-chart"]
    for kind, path in case.files.items():
        arguments += [f"--{kind}", str(path)]
    code = program.main([*arguments, *options])
    captured = capsys.readouterr()
    assert code == 2, captured
    assert captured.out == ""
    sentence = captured.err.strip()
    assert sentence.startswith("evaluate: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert not (case.folder / "out").exists(), "nothing is written"
    return sentence


BAD_LISTS: dict[str, tuple[Sequence[str], Rows, str]] = {
    "a pair twice": (
        LIST_COLUMNS,
        [*GOOD_LISTS, ("u", "a", 3)],
        "user u has ping a 2 times: keep each ping once",
    ),
    "a gap": (LIST_COLUMNS, [*GOOD_LISTS, ("u", "c", 4)], "the ranks of user u are 1, 2, 4"),
    "starting at 0": (
        LIST_COLUMNS,
        [("u", "a", 0), ("u", "b", 1)],
        "not a whole number from 1 up, first for user u",
    ),
    "starting at 2": (LIST_COLUMNS, [("u", "a", 2), ("u", "b", 3)], "ranks of user u are 2, 3"),
    "a rank twice": (
        LIST_COLUMNS,
        [("u", "a", 1), ("u", "b", 1), ("u", "c", 3)],
        "the ranks of user u are 1, 1, 3",
    ),
    "no rank": (LIST_COLUMNS, [*GOOD_LISTS, ("v", "c", None)], "first for user v"),
    "half a rank": (LIST_COLUMNS, [("u", "a", 1.0), ("u", "b", 1.5)], "not a whole number"),
    "rank NaN": (LIST_COLUMNS, [("u", "a", 1.0), ("u", "b", math.nan)], "not a whole number"),
    "rank in words": (LIST_COLUMNS, [("u", "a", "first")], "not a whole number from 1 up"),
    "no user": (LIST_COLUMNS, [*GOOD_LISTS, (None, "c", 1)], "rows without a user_id"),
    "empty user": (LIST_COLUMNS, [*GOOD_LISTS, ("", "c", 1)], "rows without a user_id"),
    "no ping": (LIST_COLUMNS, [*GOOD_LISTS, ("u", None, 3)], "rows without a ping_id"),
    "empty ping": (LIST_COLUMNS, [*GOOD_LISTS, ("u", "", 3)], "rows without a ping_id"),
    "blank ping": (LIST_COLUMNS, [*GOOD_LISTS, ("u", "  ", 3)], "rows without a ping_id"),
    "no rows": (LIST_COLUMNS, [], "has no rows"),
    "no rank column": (("user_id", "ping_id"), [("u", "a")], "has no column rank; its columns are"),
    "float ids": (LIST_COLUMNS, [(1.0, "a", 1)], "user_id in lists.parquet (lists) is a floating"),
    "two alike": (("user_id", " User_id", "ping_id", "rank"), [("u", "u", "a", 1)], "two columns"),
    "no strategy": (STRATEGY_COLUMNS, [("s", "u", "a", 1), (None, "v", "a", 1)], "a strategy:"),
    "strangers": (
        LIST_COLUMNS,
        [("x", "a", 1)],
        "no evaluated user of truth.parquet (truth) has a list in",
    ),
    "a cutoff": (("cutoff", *LIST_COLUMNS), [("1", "u", "a", 1)], "has a column cutoff and"),
}


@pytest.mark.parametrize("name", BAD_LISTS)
def test_bad_lists(name: str, case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    columns, rows, part = BAD_LISTS[name]
    case.give("lists", columns, rows).give("truth", TRUTH_COLUMNS, GOOD_TRUTH)
    sentence = refused(case, capsys)
    assert part in sentence
    assert "lists" in sentence


BAD_TRUTH: dict[str, tuple[Sequence[str], Rows, str]] = {
    "a pair twice": (
        TRUTH_COLUMNS,
        [*GOOD_TRUTH, ("u", "a", 2.0)],
        "user u has ping a 2 times: keep one row a pair",
    ),
    "NaN": (TRUTH_COLUMNS, [*GOOD_TRUTH, ("w", "a", math.nan)], "not a number of 0 or more"),
    "negative": (TRUTH_COLUMNS, [*GOOD_TRUTH, ("w", "a", -1.0)], "first for user w"),
    "infinite": (TRUTH_COLUMNS, [*GOOD_TRUTH, ("w", "a", math.inf)], "not a number of 0 or more"),
    "missing": (TRUTH_COLUMNS, [*GOOD_TRUTH, ("w", "a", None)], "not a number of 0 or more"),
    "in words": (TRUTH_COLUMNS, [("w", "a", "much")], "not a number of 0 or more"),
    "no user": (TRUTH_COLUMNS, [*GOOD_TRUTH, (None, "a", 1.0)], "rows without a user_id"),
    "no ping": (TRUTH_COLUMNS, [*GOOD_TRUTH, ("u", "", 1.0)], "rows without a ping_id"),
    "empty": (TRUTH_COLUMNS, [], "has no rows: there is nothing to compare the lists with"),
    "all zero": (TRUTH_COLUMNS, [("u", "a", 0.0)], "no relevance above 0"),
    "no column": (("user_id", "ping_id"), [("u", "a")], "has no column relevance"),
}


@pytest.mark.parametrize("name", BAD_TRUTH)
def test_bad_truth(name: str, case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    columns, rows, part = BAD_TRUTH[name]
    case.give("lists", LIST_COLUMNS, GOOD_LISTS).give("truth", columns, rows)
    sentence = refused(case, capsys)
    assert part in sentence
    assert "truth" in sentence


BAD_OTHERS: dict[str, tuple[str, Sequence[str], Rows, str]] = {
    "catalogue: twice": ("catalogue", ("ping_id",), [("a",), ("a",)], "has ping a 2 times"),
    "catalogue: no id": ("catalogue", ("ping_id",), [("a",), (None,)], "without a ping_id"),
    "catalogue: NaN": (
        "catalogue",
        ("ping_id", "popularity"),
        [("a", math.nan)],
        "a popularity that is NaN",
    ),
    "catalogue: cutoff": ("catalogue", ("cutoff", "ping_id"), [("1", "a")], "a column cutoff"),
    "users: twice": ("users", ("user_id",), [("u",), ("u",)], "has user u 2 times"),
    "users: no id": ("users", ("user_id",), [(None,)], "without a user_id"),
    "users: all out": (
        "users",
        ("user_id", "left_out_reason"),
        [("u", "staff"), ("v", "staff")],
        "nobody can be evaluated",
    ),
    "history: no id": ("history", ("user_id", "ping_id"), [("u", None)], "without a user_id or"),
    "history: all seen": (
        "history",
        ("user_id", "ping_id"),
        [("u", "a"), ("v", "c")],
        "nobody can be evaluated",
    ),
}


@pytest.mark.parametrize("name", BAD_OTHERS)
def test_bad_other_tables(name: str, case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    kind, columns, rows, part = BAD_OTHERS[name]
    case.give("lists", LIST_COLUMNS, GOOD_LISTS).give("truth", TRUTH_COLUMNS, GOOD_TRUTH)
    case.give(kind, columns, rows)
    assert part in refused(case, capsys)


BAD_OPTIONS: dict[str, tuple[Sequence[str], str]] = {
    "K 0": (("--k", "0"), "K is 0"),
    "K huge": (("--k", "3000000000"), "nobody reads so long a list"),
    "K negative": (("--k", "10", "-5"), "K is -5"),
    "few resamples": (("--bootstrap", "10"), "10 bootstrap resamples are too few"),
    "negative resamples": (("--bootstrap", "-1"), "too few"),
    "no permutation": (("--permutations", "0"), "give 1 or more"),
    "confidence 1": (("--confidence", "1"), "the confidence is 1.0"),
    "confidence 95": (("--confidence", "95"), "a share from 0.5"),
    "other K": (("--primary-k", "7"), "7, which is not among the asked-for 10"),
    "threads": (("--threads", "0"), "--threads is 0"),
    "seed": (("--seed", "-1"), "--seed is -1"),
    "memory": (("--memory-limit", "lots"), "is not a size"),
}


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_bad_options(name: str, case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    options, part = BAD_OPTIONS[name]
    case.give("lists", LIST_COLUMNS, GOOD_LISTS).give("truth", TRUTH_COLUMNS, GOOD_TRUTH)
    assert part in refused(case, capsys, *options)


def test_bad_files(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case.give("lists", LIST_COLUMNS, GOOD_LISTS).give("truth", TRUTH_COLUMNS, GOOD_TRUTH)
    good = dict(case.files)
    for name, part in {
        "nowhere.parquet": "does not exist",
        "lists.txt": "neither .parquet nor .csv",
        "broken.parquet": "cannot be read",
        "empty_folder": "has no Parquet or CSV file in it",
        "mixed_folder": "mixes Parquet and CSV",
    }.items():
        path = case.folder / name
        if name.endswith("folder"):
            path.mkdir()
            if name.startswith("mixed"):
                write(path / "a.csv", LIST_COLUMNS, GOOD_LISTS)
                write(path / "a.parquet", LIST_COLUMNS, GOOD_LISTS)
        elif name != "nowhere.parquet":
            path.write_text("this is neither", encoding="utf-8")
        case.files = {**good, "lists": path}
        assert part in refused(case, capsys)
    case.files = good
    (case.folder / "a_file").write_text("", encoding="utf-8")
    assert "name a folder" in refused(case, capsys, "--output", str(case.folder / "a_file"))


def test_cutoffs_that_do_not_match(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    columns = ("cutoff", *TRUTH_COLUMNS)
    lists = [("1", "u", "a", 1), ("2", "u", "a", 1)]
    case.give("lists", ("cutoff", *LIST_COLUMNS), lists)
    case.give("truth", columns, [("1", "u", "a", 1.0)])
    assert "cutoff 2 has lists in lists.parquet but no row" in refused(case, capsys)
    truth = [(cutoff, "u", "a", 1.0) for cutoff in "123"]
    case.give("truth", columns, truth)
    assert "cutoff 3 has truth in truth.parquet but no list" in refused(case, capsys)
    case.give("truth", columns, [*truth[:2], (None, "u", "a", 1.0)])
    assert "rows without a cutoff" in refused(case, capsys)
    case.give("truth", columns, truth[:2])
    case.give("history", ("cutoff", "user_id", "ping_id"), [("1", "u", "b")])
    assert "has a column cutoff but no row for cutoff 2" in refused(case, capsys)


def test_fold_is_named_in_a_refusal(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("1", "als", "u", "a", 1), ("2", "als", "u", "a", 1), ("2", "als", "u", "a", 2)]
    case.give("lists", FOLD_COLUMNS, rows)
    truth = [("1", "u", "a", 1.0), ("2", "u", "a", 1.0)]
    case.give("truth", ("cutoff", *TRUTH_COLUMNS), truth)
    assert "ping a 2 times (strategy als, cutoff 2)" in refused(case, capsys)


def test_long_lists_are_checked_too(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    """Beyond 62 ranks the check in bits gives way to another one."""
    rows = [("u", f"p{rank}", rank) for rank in range(1, 101)]
    case.give("lists", LIST_COLUMNS, rows).truth({"u": {"p80": 1}}).run(100)
    assert case.value("mrr", 100) == pytest.approx(1 / 80)
    gap = [(user, ping, rank + (rank > 70)) for user, ping, rank in rows]
    case.give("lists", LIST_COLUMNS, gap)
    assert "are ... 67, 68, 69, 70, 72, 73, 74, 75 ...: number" in refused(case, capsys)
    twice = [(user, ping, 70 if rank == 71 else rank) for user, ping, rank in rows]
    case.give("lists", LIST_COLUMNS, twice)
    assert "are ... 67, 68, 69, 70, 70, 72, 73, 74 ...: number" in refused(case, capsys)


# ---------------------------------------------------------------------------------------------
# The program


def test_program_writes_its_files(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(4)
    world.write(case)
    arguments = ["--output", str(tmp_path / "out" / "deep"), "--k", "3", "1", "3"]
    arguments += ["--bootstrap", "100", "--permutations", "100", "--threads", "2"]
    for kind, path in case.files.items():
        arguments += [f"--{kind}", str(path)]
    assert program.main(arguments) == 0
    printed = capsys.readouterr().out
    out = tmp_path / "out" / "deep"
    assert sorted(path.name for path in out.iterdir()) == [
        "metrics.json",
        "metrics.parquet",
        "metrics.svg",
        "per_user.parquet",
    ]
    content = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert content["conclusion"] in printed
    assert content["settings"]["k"] == [1, 3]
    connection = duckdb.connect()
    stored = connection.execute(f"from '{out}/metrics.parquet'").fetchall()
    names = [
        column[0] for column in connection.execute(f"from '{out}/metrics.parquet'").description
    ]
    assert names == [
        "cutoff",
        "strategy",
        "segment",
        "k",
        "metric",
        "value",
        "low",
        "high",
        "bootstrap_low",
        "bootstrap_high",
        "n",
    ]
    assert [dict(zip(names, row, strict=True)) for row in stored] == content["metrics"]
    ((keys, rows),) = connection.execute(
        "select count(distinct (cutoff, strategy, segment, k, metric)), count(*) "
        f"from '{out}/metrics.parquet'"
    ).fetchall()
    assert keys == rows
    users = connection.execute(f"describe from '{out}/per_user.parquet'").fetchall()
    assert tuple(row[0] for row in users) == em.PER_USER_COLUMNS
    ((keys, rows),) = connection.execute(
        "select count(distinct (cutoff, strategy, user_id, item_scope, k)), count(*) "
        f"from '{out}/per_user.parquet'"
    ).fetchall()
    assert keys == rows
    chart = (out / "metrics.svg").read_text(encoding="utf-8")
    assert chart.startswith("<svg")
    assert "mine" in chart
    for word in ("Accuracy", "by segment", "Paired differences", "Users", "unseen"):
        assert word in printed


def test_program_in_a_process_of_its_own(case: Case, tmp_path: Path) -> None:
    """Plain lists and truth; bad input ends in a sentence and 2; nothing is left half-written."""
    case.give("lists", LIST_COLUMNS, GOOD_LISTS, "lists.csv")
    case.give("truth", TRUTH_COLUMNS, GOOD_TRUTH, "truth.csv")

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SCRIPTS / "evaluate.py"), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120
        )

    files = ("--lists", "lists.csv", "--truth", "truth.csv", "--output", "out")
    good = call(*files, "--quiet", "--no-chart")
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.count("\n") == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "metrics.json",
        "metrics.parquet",
        "per_user.parquet",
    ]
    bad = call(*files, "--k", "0")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.count("\n") == 1
    no_output = call("--lists", "lists.csv", "--truth", "truth.csv")
    assert (no_output.returncode, no_output.stdout) == (2, "")
    usage = call("--help")
    assert usage.returncode == 0
    assert "examples:" in usage.stdout


def test_folder_that_cannot_be_written(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case.give("lists", LIST_COLUMNS, GOOD_LISTS).give("truth", TRUTH_COLUMNS, GOOD_TRUTH)
    blocked = case.folder / "file"
    blocked.write_text("", encoding="utf-8")
    code = program.main(
        [
            *("--lists", str(case.files["lists"]), "--truth", str(case.files["truth"])),
            *("--quiet", "--output", str(blocked / "below")),
        ]
    )
    assert code == 1
    assert capsys.readouterr().err.startswith("evaluate: cannot write to")
