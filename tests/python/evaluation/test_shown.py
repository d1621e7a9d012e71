"""The order of what was shown, against scikit-learn and pandas, user by user."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from common import InputError
from evaluation import Evaluation, Settings
from evaluation.settings import SHOWN_METRICS
from evaluation.shown import ShownInputs, evaluate_shown

TOLERANCE = 1e-9
CUTOFFS = ("2024-02-13 00:00:00", "2024-02-14 00:00:00")
STRATEGIES = ("fine", "coarse", "gappy", "random", "same")
USERS = 180
SETTINGS = Settings(
    task="impressions",
    ks=(5,),
    bootstrap=1_000,
    baselines=("random", "same"),
    references=("same",),
    primary_metric="gauc",
)


def write(folder: Path, **frames: pd.DataFrame) -> ShownInputs:
    with duckdb.connect() as connection:
        for name, frame in frames.items():
            connection.register("frame", frame)
            connection.execute(f"copy (from frame) to '{folder / name}.parquet'")
    return ShownInputs(**{name: folder / f"{name}.parquet" for name in frames})


def drawn(seed: int) -> dict[str, pd.DataFrame]:
    """Two cutoffs of shown pairs, with users of one class, unknown ones, and pings of later."""
    rng = np.random.default_rng(seed)
    rows = []
    lengths = rng.choice([5.0, 8, 8, 12, 20, 33, 60, 60, 150, 300], 80)
    for cutoff in CUTOFFS:
        for user in range(USERS):
            taste = rng.normal()
            shown = [0] if user == 1 else rng.permutation(80)[: 1 + rng.geometric(0.12)]
            for ping in shown:
                rows.append(
                    {
                        "cutoff": cutoff,
                        "user_id": f"u{user:03d}",
                        "ping_id": f"p{ping:02d}",
                        "is_user_known": user % 17 != 0,
                        "is_ping_known": ping % 11 != 0,
                        "has_response": bool(rng.random() < 1 / (1 + math.exp(1 - taste))),
                        "watch_time_sec": float(rng.choice([0, 1, rng.exponential(lengths[ping])])),
                        "duration_sec": lengths[ping],
                    }
                )
    pairs = pd.DataFrame(rows)
    truth = pairs["has_response"]
    noisy = truth + rng.normal(size=len(pairs))
    scores = {
        "fine": noisy,
        "coarse": noisy.round(),  # many ties
        "gappy": noisy.where(rng.random(len(pairs)) < 0.6).where(lambda s: s > -1, np.nan),
        "random": pd.Series(rng.random(len(pairs))),
        "same": pd.Series(1.0, pairs.index),
    }
    tables = [
        pairs[["cutoff", "user_id", "ping_id"]].assign(strategy=name, score=values)
        for name, values in scores.items()
    ]
    users = pairs[["cutoff", "user_id"]].drop_duplicates()
    is_new = users["user_id"].str[-1].isin(["1", "2", "3"])
    history = users[users["user_id"] < "u090"].assign(ping_id="p00")
    return {
        "pairs": pairs,
        "scores": pd.concat(tables).sample(frac=1, random_state=seed),
        "users": users.assign(is_new=is_new),
        "history": history,
    }


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return drawn(1)


@pytest.fixture(scope="module")
def evaluated(
    frames: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Evaluation, pd.DataFrame]:
    """The evaluation and its rows per user."""
    inputs = write(tmp_path_factory.mktemp("shown"), **frames)
    with duckdb.connect() as connection:
        result = evaluate_shown(connection, inputs, SETTINGS)
        return result, connection.execute("from per_user").df()


def fair(pairs: pd.DataFrame) -> pd.Series:
    """Brute force: whether a watch time is above the median of its group by length."""
    positive = pd.Series(False, pairs.index)
    for _, fold in pairs.groupby("cutoff"):
        groups = min(len(fold) // 100, 30)
        n_shorter = [(fold["duration_sec"] < length).sum() for length in fold["duration_sec"]]
        group = pd.Series([place * groups // len(fold) for place in n_shorter], fold.index)
        for _, alike in fold.groupby(group):
            times = alike["watch_time_sec"].to_numpy()
            place = [(times < own).mean() + (times == own).mean() / 2 for own in times]
            positive.loc[alike.index] = np.array(place) > 0.5
    return positive


def by_user(frames: dict[str, pd.DataFrame]) -> dict[tuple[Any, ...], pd.DataFrame]:
    """Labels and scores of every user, label, cutoff and strategy, without score the lowest."""
    pairs = frames["pairs"]
    pairs = pairs[pairs["is_user_known"] & pairs["is_ping_known"]]
    pairs = pairs.assign(response=pairs["has_response"], fair=fair(pairs))
    rows = frames["scores"].merge(pairs, on=["cutoff", "user_id", "ping_id"])
    rows["score"] = rows["score"].fillna(-1e6)
    found = {}
    for key, mine in rows.groupby(["cutoff", "strategy", "user_id"]):
        for label in ("response", "fair"):
            found[(*key, label)] = mine[["ping_id", "score"]].assign(y=mine[label].astype(int))
    return found


def test_every_users_metrics_are_those_of_scikit_learn(
    frames: dict[str, pd.DataFrame], evaluated: tuple[Evaluation, pd.DataFrame]
) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    ours = evaluated[1].set_index(["cutoff", "strategy", "user_id", "label"])
    assert ours.index.is_unique
    expected = by_user(frames)
    both = {key for key, mine in expected.items() if 0 < mine["y"].sum() < len(mine)}
    assert set(ours.index) == both
    assert {key[1] for key in both} == set(STRATEGIES)
    for key in both:
        mine, row = expected[key], ours.loc[key]
        y, score = mine["y"].to_numpy(), mine["score"].to_numpy()
        assert row["auc"] == pytest.approx(metrics.roc_auc_score(y, score), abs=TOLERANCE)
        assert row["ndcg"] == pytest.approx(metrics.ndcg_score([y], [score], k=5), abs=TOLERANCE)
        assert row["hit_rate"] == pytest.approx(y[score == score.max()].mean(), abs=TOLERANCE)
        assert (row["n_shown"], row["n_positive"]) == (len(y), y.sum())
    assert len(both) > 1_500
    assert ours["auc"].nunique() > 100


def test_means_and_intervals_are_those_of_the_users(
    evaluated: tuple[Evaluation, pd.DataFrame],
) -> None:
    result, per_user = evaluated
    found = {
        (row["cutoff"], row["strategy"], row["segment"], row["metric"]): row
        for row in result.metrics
    }
    assert len(found) == len(result.metrics)
    segments = {"all", "new", "existing", "activity_0", "activity_1_to_4"}
    assert {segment for _, _, segment, _ in found} == segments
    rng = np.random.default_rng(2)
    for (cutoff, strategy, label), rows in per_user.groupby(["cutoff", "strategy", "label"]):
        prefix = "" if label == "response" else "fair_"
        for segment, mine in (
            ("all", rows),
            ("new", rows[rows["is_new"]]),
            ("activity_0", rows[rows["activity"] == "0"]),
        ):
            weights = mine["n_shown"].to_numpy()
            for metric in SHOWN_METRICS:
                row = found[cutoff, strategy, segment, prefix + metric]
                values = mine["auc" if metric.startswith("gauc") else metric].to_numpy()
                mean = np.average(values, weights=weights if metric == "gauc" else None)
                assert row["value"] == pytest.approx(mean, abs=TOLERANCE)
                assert row["n"] == len(mine)
                assert row["k"] == {"ndcg": 5, "hit_rate": 1}.get(metric)
            if strategy != "fine" or segment != "all":
                continue
            # the interval of a weighted mean, by drawing users again
            row = found[cutoff, strategy, segment, f"{prefix}gauc"]
            drawn_users = rng.integers(0, len(mine), (4_000, len(mine)))
            values = mine["auc"].to_numpy()
            means = (values * weights)[drawn_users].sum(1) / weights[drawn_users].sum(1)
            low, high = np.percentile(means, [2.5, 97.5])
            width = high - low
            for kind in ("low", "bootstrap_low"):
                assert row[kind] == pytest.approx(low, abs=0.1 * width)
            for kind in ("high", "bootstrap_high"):
                assert row[kind] == pytest.approx(high, abs=0.1 * width)


def test_over_cutoffs_each_user_counts_once(evaluated: tuple[Evaluation, pd.DataFrame]) -> None:
    result, per_user = evaluated
    mine = per_user.query("strategy == 'coarse' and label == 'response'")
    pooled = {
        row["metric"]: row
        for row in result.metrics
        if (row["cutoff"], row["strategy"], row["segment"]) == ("all", "coarse", "all")
    }
    weighted = np.average(mine["auc"], weights=mine["n_shown"])
    assert pooled["gauc"]["value"] == pytest.approx(weighted, abs=TOLERANCE)
    own = mine.groupby("user_id")["auc"].mean()
    assert pooled["gauc_plain"]["value"] == pytest.approx(own.mean(), abs=TOLERANCE)
    assert pooled["gauc"]["n"] == len(own) < len(mine)


def test_differences_are_paired(evaluated: tuple[Evaluation, pd.DataFrame]) -> None:
    """A random order has 0.5 within its interval, and only what knows something is better."""
    result, per_user = evaluated
    rows = {
        (row["strategy"], row["baseline"], row["metric"]): row
        for row in result.comparisons
        if row["cutoff"] == CUTOFFS[0]
    }
    row = rows["fine", "same", "gauc_plain"]
    mine = per_user.query("cutoff == @CUTOFFS[0] and label == 'response'")
    mine = mine.pivot(index="user_id", columns="strategy", values="auc")
    differences = mine["fine"] - mine["same"]
    half = 1.959964 * differences.std() / math.sqrt(len(differences))
    assert row["difference"] == pytest.approx(differences.mean(), abs=TOLERANCE)
    assert row["high"] - row["difference"] == pytest.approx(half, rel=1e-6)
    assert (mine["same"] == 0.5).all()
    for metric in ("gauc", "gauc_plain", "ndcg", "hit_rate"):
        assert rows["fine", "same", metric]["verdict"] == "better"
        assert rows["fine", "same", metric]["p_value"] < 0.001
    for label in ("", "fair_"):
        for row in result.metrics:
            if (row["strategy"], row["metric"]) == ("random", f"{label}gauc"):
                assert row["segment"] != "all" or row["low"] < 0.5 < row["high"]
    assert rows["random", "same", "gauc"]["verdict"] == "cannot be told apart"
    assert "fine" in result.conclusion.split("better than same")[0]
    assert result.conclusion.startswith("By gauc for ")


def test_who_is_left_out_is_counted(
    frames: dict[str, pd.DataFrame], evaluated: tuple[Evaluation, pd.DataFrame]
) -> None:
    result, _ = evaluated
    for cutoff, pairs in frames["pairs"].groupby("cutoff"):
        counted = {
            row["reason"]: row["users"]
            for row in result.counts
            if (row["cutoff"], row["label"]) == (cutoff, "response")
        }
        assert sum(counted.values()) == pairs["user_id"].nunique()
        known = pairs[pairs["is_user_known"]]
        assert counted["not known at the cutoff"] == USERS - known["user_id"].nunique() == 11
        left = known[known["is_ping_known"]]
        shares = left.groupby("user_id")["has_response"].mean()
        assert counted["one class: nothing with a response"] == (shares == 0).sum() > 0
        assert counted["one class: everything with a response"] == (shares == 1).sum() > 0
        assert counted[None] == shares.between(0, 1, inclusive="neither").sum()
        of_later = known["user_id"].nunique() - len(shares)
        assert counted["shown nothing of the catalogue of then"] == of_later > 0
        sentence = next(note for note in result.notes if note.startswith(f"after {cutoff}"))
        assert f"{len(pairs):,} pairs" in sentence
        assert f"{len(pairs) - len(left):,} are left out" in sentence


def test_short_videos_first_win_nothing_by_the_fair_label(tmp_path: Path) -> None:
    """A view of a short video is a response sooner, but not longer than others of that length."""
    rng = np.random.default_rng(5)
    frames = drawn(5)
    pairs = frames["pairs"].assign(is_user_known=True, is_ping_known=True)
    pairs["watch_time_sec"] = rng.exponential(10, len(pairs))
    pairs["has_response"] = pairs["watch_time_sec"] / pairs["duration_sec"] >= 0.5
    shorter = pairs[["cutoff", "user_id", "ping_id"]].assign(
        strategy="shorter", score=-pairs["duration_sec"]
    )
    frames |= {"pairs": pairs, "scores": shorter}
    with duckdb.connect() as connection:
        result = evaluate_shown(connection, write(tmp_path, **frames), SETTINGS)
    found = {
        row["metric"]: row
        for row in result.metrics
        if (row["cutoff"], row["segment"]) == ("all", "all")
    }
    assert found["gauc"]["value"] > 0.7
    assert found["fair_gauc"]["low"] < 0.5 < found["fair_gauc"]["high"]


def test_a_log_without_watch_times_has_no_fair_label(
    frames: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    inputs = write(tmp_path, **frames | {"pairs": frames["pairs"].assign(watch_time_sec=0.0)})
    with duckdb.connect() as connection:
        result = evaluate_shown(connection, inputs, SETTINGS)
        assert any("no watch time after the cutoff" in note for note in result.notes)
        assert {row["metric"] for row in result.metrics} == set(SHOWN_METRICS)
        wanted = Settings(task="impressions", ks=(5,), primary_metric="fair_gauc")
        with pytest.raises(InputError, match="nobody can be evaluated by fair_gauc"):
            evaluate_shown(connection, inputs, wanted)
