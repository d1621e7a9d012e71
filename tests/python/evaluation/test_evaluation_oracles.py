"""The offline evaluation against ranx, ir_measures (trec_eval) and RecTools, user by user.

The libraries need their input prepared, each in its way:

- relevance is 0.5, 1, 2, 3 or 4, which ranx and trec_eval would cut to whole numbers, so they
  get the double of it (an NDCG with linear gain does not change when all gains double);
- they rank by score, so they get the negative rank;
- users without a list get a row of zeros from ours, are added by ranx (`make_comparable`) and
  ir_measures, and are part of RecTools' truth; users without truth are in none.

Definitions that differ are compared too, with what makes them differ, in the tests that are named
`..._differs_...`. Not compared, because they mean something else: MAP as RePlay divides it (by
min(R, K)), NDCG as LensKit discounts it (ranks 1 and 2 alike) and as Evidently normalises it
(by the ideal of the pings in the list). The libraries are for development only; without one its
tests are skipped.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

pd = pytest.importorskip("pandas")

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import evaluation as em  # noqa: E402

KS = (1, 3, 5, 10, 20)
GRADES = np.array([0.5, 1.0, 2.0, 3.0, 4.0])
TOLERANCE = 1e-9
USERS = 400
PINGS = 60

Scores = dict[str, float]


class Data:
    """Random lists and graded truth, and our numbers for them."""

    def __init__(self, folder: Path, seed: int) -> None:
        rng = np.random.default_rng(seed)
        users = [f"u{number:03d}" for number in range(USERS)]
        pings = np.array([f"p{number:02d}" for number in range(PINGS)])
        lists, truth, history = [], [], []
        for number, user in enumerate(users):
            if number % 7:  # every seventh user has no list
                length = [0, 1, 2, 5, 10, 20, 25][rng.integers(1, 7)]  # short lists and longer ones
                for rank, ping in enumerate(rng.permutation(pings)[:length], start=1):
                    lists.append((user, ping, rank))
            if number % 5:  # every fifth has no truth
                n_relevant = int(rng.integers(1, 30))
                for ping in rng.permutation(pings)[:n_relevant]:
                    truth.append((user, ping, float(rng.choice(GRADES))))
            for ping in rng.permutation(pings[:50])[: rng.integers(1, 8)]:
                history.append((user, ping))
        self.lists = pd.DataFrame(lists, columns=["user_id", "ping_id", "rank"])
        self.truth = pd.DataFrame(truth, columns=["user_id", "ping_id", "relevance"])
        self.history = pd.DataFrame(history, columns=["user_id", "ping_id"])
        self.categories = pd.DataFrame(
            {"ping_id": pings, "category": rng.choice(["music", "dance", "food"], PINGS)}
        )
        self.evaluated = sorted(set(self.truth["user_id"]))
        self.connection = duckdb.connect(config={"threads": 2})
        paths = {
            "lists": self.lists,
            "truth": self.truth,
            "history": self.history,
            "catalogue": self.categories,
        }
        for name, frame in paths.items():
            self.connection.register("frame", frame)
            self.connection.execute(f"copy (from frame) to '{folder / name}.parquet'")
        files = {name: folder / f"{name}.parquet" for name in paths}
        self.plain = em.Inputs(lists=files["lists"], truth=files["truth"])
        self.full = em.Inputs(**files)
        self.result = em.evaluate(self.connection, self.plain, em.Settings(ks=KS))
        self.per_user = self.connection.execute("from per_user").df()

    def ours(self, metric: str, k: int) -> Scores:
        rows = self.per_user[(self.per_user["k"] == k) & self.per_user["is_evaluated"]]
        return dict(zip(rows["user_id"], rows[metric], strict=True))


@pytest.fixture(scope="module", params=[1, 2])
def data(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Data:
    return Data(tmp_path_factory.mktemp("oracle"), request.param)


def compare(ours: Scores, theirs: Scores, users: list[str]) -> None:
    assert sorted(ours) == users
    assert set(theirs) >= set(users)
    worst = max(users, key=lambda user: abs(ours[user] - theirs[user]))
    gap = abs(ours[worst] - theirs[worst])
    assert gap <= TOLERANCE, f"user {worst}: ours {ours[worst]}, theirs {theirs[worst]}"
    assert any(ours[user] > 0 for user in users), "nothing was compared"


def test_the_data_has_the_cases_that_matter(data: Data) -> None:
    with_list = set(data.lists["user_id"])
    assert set(data.evaluated) - with_list, "users without a list"
    assert with_list - set(data.evaluated), "users without truth"
    lengths = data.lists.groupby("user_id").size()
    assert lengths.min() == 1
    assert lengths.max() == 25
    n_relevant = data.truth.groupby("user_id").size()
    assert n_relevant.min() == 1
    assert n_relevant.max() > max(KS)


# ---------------------------------------------------------------------------------------------
# ranx


RANX = {
    "hit_rate": "hit_rate",
    "precision": "precision",
    "recall": "recall",
    "mrr": "mrr",
    "map": "map",
    "ndcg": "ndcg",
}


def ranx_scores(data: Data, metrics: list[str], scale: Callable[[Any], Any]) -> dict[str, Scores]:
    ranx = pytest.importorskip("ranx")
    truth = data.truth.assign(grade=scale(data.truth["relevance"]).astype(int))
    truth = truth[truth["grade"] > 0]
    lists = data.lists.assign(score=-data.lists["rank"].astype(float))
    qrels = ranx.Qrels.from_df(truth, q_id_col="user_id", doc_id_col="ping_id", score_col="grade")
    run = ranx.Run.from_df(lists, q_id_col="user_id", doc_id_col="ping_id", score_col="score")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ranx.evaluate(qrels, run, metrics, make_comparable=True)
    return {metric: dict(run.scores[metric]) for metric in metrics}


@pytest.fixture(scope="module")
def from_ranx(data: Data) -> dict[str, Scores]:
    names = [f"{name}@{k}" for name in RANX.values() for k in KS]
    return ranx_scores(data, names, lambda grade: grade * 2)


@pytest.mark.parametrize("k", KS)
@pytest.mark.parametrize("metric", RANX)
def test_ranx(metric: str, k: int, data: Data, from_ranx: dict[str, Scores]) -> None:
    compare(data.ours(metric, k), from_ranx[f"{RANX[metric]}@{k}"], data.evaluated)


@pytest.mark.parametrize("k", KS)
def test_ranx_exponential_gain(k: int, data: Data, tmp_path: Path) -> None:
    """2^g - 1 does change with doubled grades, so here the grades are whole from the start."""
    whole = Data.__new__(Data)
    whole.__dict__.update(data.__dict__)
    whole.truth = data.truth.assign(relevance=np.ceil(data.truth["relevance"]))
    connection = duckdb.connect(config={"threads": 2})
    connection.register("frame", whole.truth)
    connection.execute(f"copy (from frame) to '{tmp_path}/truth.parquet'")
    inputs = em.Inputs(lists=data.plain.lists, truth=tmp_path / "truth.parquet")
    em.evaluate(connection, inputs, em.Settings(ks=(k,)))
    whole.per_user = connection.execute("from per_user").df()
    theirs = ranx_scores(whole, [f"ndcg_burges@{k}"], lambda grade: grade)
    compare(whole.ours("ndcg_exp", k), theirs[f"ndcg_burges@{k}"], data.evaluated)


# ---------------------------------------------------------------------------------------------
# ir_measures, that is trec_eval


@pytest.fixture(scope="module")
def from_trec(data: Data) -> dict[tuple[str, int], Scores]:
    ir_measures = pytest.importorskip("ir_measures")
    pytest.importorskip("pytrec_eval")
    qrels = [
        ir_measures.Qrel(user, ping, int(2 * grade))
        for user, ping, grade in data.truth.itertuples(index=False)
    ]
    found: dict[tuple[str, int], Scores] = {}
    for k in KS:
        cut = data.lists[data.lists["rank"] <= k]
        run = [
            ir_measures.ScoredDoc(user, ping, float(-rank))
            for user, ping, rank in cut.itertuples(index=False)
        ]
        measures = {
            ir_measures.Success @ k: "hit_rate",
            ir_measures.P @ k: "precision",
            ir_measures.R @ k: "recall",
            ir_measures.RR: "mrr",  # of the list cut at K: trec_eval has no cut of its own here
            ir_measures.AP @ k: "map",
            ir_measures.nDCG @ k: "ndcg",
        }
        provider = ir_measures.pytrec_eval.evaluator(list(measures), qrels)
        for name in measures.values():
            # trec_eval leaves out queries without a run: a user without a list scores 0.
            found[name, k] = dict.fromkeys(data.evaluated, 0.0)
        for value in provider.iter_calc(run):
            found[measures[value.measure], k][value.query_id] = value.value
    return found


@pytest.mark.parametrize("k", KS)
@pytest.mark.parametrize("metric", RANX)
def test_ir_measures(
    metric: str, k: int, data: Data, from_trec: dict[tuple[str, int], Scores]
) -> None:
    compare(data.ours(metric, k), from_trec[metric, k], data.evaluated)


@pytest.mark.parametrize("k", KS)
def test_trec_eval_binary_ndcg(k: int, data: Data) -> None:
    """With every grade 1, trec_eval's NDCG is our binary one."""
    ir_measures = pytest.importorskip("ir_measures")
    qrels = [
        ir_measures.Qrel(user, ping, 1) for user, ping, _ in data.truth.itertuples(index=False)
    ]
    run = [
        ir_measures.ScoredDoc(user, ping, float(-rank))
        for user, ping, rank in data.lists.itertuples(index=False)
    ]
    theirs = dict.fromkeys(data.evaluated, 0.0)
    provider = ir_measures.pytrec_eval.evaluator([ir_measures.nDCG @ k], qrels)
    theirs.update({value.query_id: value.value for value in provider.iter_calc(run)})
    compare(data.ours("ndcg_binary", k), theirs, data.evaluated)


# ---------------------------------------------------------------------------------------------
# RecTools


def rectools_frames(data: Data) -> tuple[Any, Any]:
    lists = data.lists.rename(columns={"ping_id": "item_id"})
    truth = data.truth.rename(columns={"ping_id": "item_id", "relevance": "weight"})
    return lists, truth


def rectools_metrics(k: int) -> dict[str, Any]:
    metrics = pytest.importorskip("rectools.metrics")
    return {
        "hit_rate": metrics.HitRate(k),
        "precision": metrics.Precision(k),
        "recall": metrics.Recall(k),
        "recall_capped": metrics.Precision(k, r_precision=True),
        "mrr": metrics.MRR(k),
        "map": metrics.MAP(k),
        "ndcg_binary": metrics.NDCG(k, divide_by_achievable=True),
    }


RECTOOLS = ("hit_rate", "precision", "recall", "recall_capped", "mrr", "map", "ndcg_binary")


@pytest.mark.parametrize("k", KS)
@pytest.mark.parametrize("metric", RECTOOLS)
def test_rectools(metric: str, k: int, data: Data) -> None:
    lists, truth = rectools_frames(data)
    theirs = rectools_metrics(k)[metric].calc_per_user(lists, truth).to_dict()
    compare(data.ours(metric, k), theirs, data.evaluated)


@pytest.mark.parametrize("k", KS)
def test_rectools_default_ndcg_differs_by_its_ideal(k: int, data: Data) -> None:
    """RecTools divides by the ideal of K relevant pings, even for users that have fewer."""
    metrics = pytest.importorskip("rectools.metrics")
    lists, truth = rectools_frames(data)
    theirs = metrics.NDCG(k).calc_per_user(lists, truth).to_dict()
    n_relevant = data.truth.groupby("user_id").size()
    total = np.cumsum(1 / np.log2(np.arange(2, k + 2)))
    ours = data.ours("ndcg_binary", k)
    scaled = {user: ours[user] * total[min(n_relevant[user], k) - 1] / total[-1] for user in ours}
    compare(scaled, theirs, data.evaluated)
    if k > 1:
        assert any(abs(ours[user] - theirs[user]) > 0.01 for user in ours)


@pytest.mark.parametrize("k", KS)
def test_rectools_map_by_k_differs_by_its_divisor(k: int, data: Data) -> None:
    metrics = pytest.importorskip("rectools.metrics")
    lists, truth = rectools_frames(data)
    theirs = metrics.MAP(k, divide_by_k=True).calc_per_user(lists, truth).to_dict()
    n_relevant = data.truth.groupby("user_id").size()
    ours = data.ours("map", k)
    scaled = {user: ours[user] * n_relevant[user] / k for user in ours}
    compare(scaled, theirs, data.evaluated)


@pytest.fixture(scope="module")
def full(data: Data) -> Data:
    """The same with history and catalogue; seen pairs count, as they do in the libraries."""
    settings = em.Settings(ks=KS, exclude_seen=False)
    whole = Data.__new__(Data)
    whole.__dict__.update(data.__dict__)
    whole.connection = duckdb.connect(config={"threads": 2})
    whole.result = em.evaluate(whole.connection, data.full, settings)
    whole.per_user = whole.connection.execute("from per_user where item_scope = 'all'").df()
    return whole


def list_scores(data: Data, metric: str, k: int) -> Scores:
    rows = data.per_user[(data.per_user["k"] == k) & (data.per_user["list_length"] > 0)]
    return dict(zip(rows["user_id"], rows[metric], strict=True))


@pytest.mark.parametrize("k", KS)
def test_accuracy_is_the_same_with_every_input(k: int, full: Data, data: Data) -> None:
    for metric in em.ACCURACY_METRICS:
        compare(full.ours(metric, k), data.ours(metric, k), data.evaluated)


@pytest.mark.parametrize("k", KS)
@pytest.mark.parametrize("metric", ["novelty", "popularity"])
def test_rectools_novelty_and_popularity(metric: str, k: int, full: Data) -> None:
    metrics = pytest.importorskip("rectools.metrics")
    lists, _ = rectools_frames(full)
    history = full.history.rename(columns={"ping_id": "item_id"})
    theirs = {"novelty": metrics.MeanInvUserFreq(k), "popularity": metrics.AvgRecPopularity(k)}
    found = theirs[metric].calc_per_user(lists, history).to_dict()
    compare(list_scores(full, metric, k), found, sorted(set(full.lists["user_id"])))


@pytest.mark.parametrize("k", [3, 10, 20])
def test_rectools_diversity_differs_for_single_pings(k: int, full: Data) -> None:
    """A list of one ping has no pair: RecTools says 0, we say nothing."""
    metrics = pytest.importorskip("rectools.metrics")
    lists, _ = rectools_frames(full)
    codes = full.categories.assign(
        category=full.categories["category"].astype("category").cat.codes
    )
    features = codes.rename(columns={"ping_id": "item_id"}).set_index("item_id")
    distances = metrics.PairwiseHammingDistanceCalculator(features)
    theirs = metrics.IntraListDiversity(k, distances).calc_per_user(lists).to_dict()
    ours = list_scores(full, "intra_list_diversity", k)
    single = {user for user, value in ours.items() if math.isnan(value)}
    lengths = full.lists.groupby("user_id").size()
    assert single == set(lengths[lengths == 1].index)
    assert {theirs[user] for user in single} == {0}
    longer = sorted(set(ours) - single)
    compare({user: ours[user] for user in longer}, theirs, longer)


@pytest.mark.parametrize("k", KS)
def test_rectools_coverage(k: int, full: Data) -> None:
    metrics = pytest.importorskip("rectools.metrics")
    lists, _ = rectools_frames(full)
    theirs = metrics.CatalogCoverage(k, normalize=True).calc(
        lists, list(full.categories["ping_id"])
    )
    (ours,) = (
        row["value"]
        for row in full.result.metrics
        if (row["metric"], row["segment"], row["k"]) == ("item_coverage", "all", k)
    )
    assert ours == pytest.approx(theirs, abs=TOLERANCE)


def test_the_mean_is_over_the_same_users(data: Data, from_ranx: dict[str, Scores]) -> None:
    for k in KS:
        (row,) = (row for row in data.result.metrics if (row["metric"], row["k"]) == ("ndcg", k))
        assert row["n"] == len(data.evaluated)
        theirs = [from_ranx[f"ndcg@{k}"][user] for user in data.evaluated]
        assert row["value"] == pytest.approx(float(np.mean(theirs)), abs=TOLERANCE)
