"""Who has earned to serve, and the collaborative filters it is measured against."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import promote
import pyarrow as pa
import pytest

from common import literal
from evaluation import collaborative, record
from ranking import promotion

RECORDED = """
    create schema intermediate;
    create schema raw;
    create table raw.intake_plan as select '{"the raw location": "the log"}' as settings;
    create table intermediate.int_recorded_evaluations (
        log_source varchar, recorded_at timestamp, as_of timestamp, horizon_end timestamp,
        strategy varchar, segment varchar, k bigint, metric varchar,
        value double, low double, high double, n bigint
    );
    create table intermediate.int_recorded_promotions (
        log_source varchar, recorded_at timestamp, as_of timestamp, horizon_end timestamp,
        strategy varchar, rival varchar, metric varchar, k bigint,
        difference double, low double, high double, n bigint
    );
"""


def per_user(folder: Path, values: dict[tuple[str, str], list[float]]) -> None:
    """An evaluation of (cutoff, strategy): NDCG of each user."""
    rows = [
        (cutoff, strategy, f"u{number}", "all", 10, True, value)
        for (cutoff, strategy), found in values.items()
        for number, value in enumerate(found)
    ]
    names = ("cutoff", "strategy", "user_id", "item_scope", "k", "is_evaluated", "ndcg")
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    with duckdb.connect() as connection:
        connection.register("per_user", table)
        connection.execute(
            f"copy per_user to {literal(folder / 'per_user.parquet')} (format parquet)"
        )


def test_every_cutoff_against_its_best_rival(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(1)
    base = rng.random(200)
    values = {}
    for cutoff, best in (("2024-01-01 00:00:00", "popular"), ("2024-01-02 00:00:00", "trending")):
        for rival in promotion.RIVALS:
            values[cutoff, rival] = list(base + (0.1 if rival == best else 0))
        noise = rng.normal(0, 0.01, 200)
        values[cutoff, "neural"] = list(base + 0.15 + noise)
        # better on the first cutoff only
        values[cutoff, "gbdt"] = list(base + (0.15 if best == "popular" else 0.1) + noise)
    folder = tmp_path / "an evaluation's [1]?*"  # a name, and no pattern
    folder.mkdir()
    per_user(folder, values)
    found = promotion.duels(folder, ["gbdt", "neural"], promotion.RIVALS, "ndcg", 10)
    assert [(one.strategy, one.rival, one.is_won) for one in found] == [
        ("gbdt", "popular", True),
        ("neural", "popular", True),
        ("gbdt", "trending", False),
        ("neural", "trending", True),
    ]
    first = found[1]
    differences = np.array(values[first.cutoff, "neural"]) - values[first.cutoff, "popular"]
    half = 1.959963984540054 * differences.std(ddof=1) / np.sqrt(200)
    assert first.difference == pytest.approx(differences.mean())
    assert (first.low, first.high) == pytest.approx(
        (differences.mean() - half, differences.mean() + half)
    )
    assert promote.main(["--evaluation", str(folder), "--strategy", "neural"]) == 0
    assert "neural has earned to serve" in capsys.readouterr().out
    assert promote.main(["--evaluation", str(folder), "--strategy", "gbdt"]) == 1
    assert "better than the best of its rivals on 1 of 2 cutoffs" in capsys.readouterr().out


@pytest.mark.parametrize(("different", "is_won"), [(0, False), (3, False), (5, False), (6, True)])
@pytest.mark.parametrize("users", [6, 1_000])
def test_a_few_users_who_agree_promote_nothing(users: int, different: int, is_won: bool) -> None:
    """The spread of equal differences is zero, and of a few among many zeros it is little."""
    other = np.zeros(users)
    own = other + 0.1 * (np.arange(users) < different)
    assert promotion.duel("", "gbdt", "popular", own, other).is_won == is_won


def test_what_is_recorded_is_judged_as_the_files_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest evaluation counts; where a strategy has no lists, it has not won."""
    warehouse = tmp_path / "pingtop.duckdb"
    monkeypatch.setenv("PINGTOP_DATABASE", str(warehouse))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(RECORDED)
    days = ("2024-01-01 00:00:00", "2024-01-02 00:00:00")
    rng = np.random.default_rng(2)
    base = rng.random(50)
    for won in (True, False):
        values = {(day, rival): list(base) for day in days for rival in promotion.RIVALS}
        for day in days[: 2 if won else 1]:
            values[day, "neural"] = list(base + 0.1 + rng.normal(0, 0.01, 50))
        per_user(tmp_path, values)
        rows = promotion.promotion_rows(tmp_path, 10)
        assert [(row["strategy"], row["n"]) for row in rows] == [
            ("neural", 50),
            ("neural", 50 if won else 0),
        ]
        record.record([], timedelta(days=1), warehouse, "the log", 0, print, rows)
        record.record([], timedelta(days=1), warehouse, "another log", 0, print, [])
        chosen = ["--recorded", "--strategy", "neural"]
        assert promote.main(chosen) == (0 if won else 1)
        said = capsys.readouterr().out
        assert ("better than the best of its rivals on 1 of 2 cutoffs" in said) is not won
        if won:
            files = promote.main(["--evaluation", str(tmp_path), *chosen[1:]])
            assert files == 0
            assert capsys.readouterr().out.splitlines()[-1] == said.splitlines()[-1]
    assert promote.main(["--recorded"]) == 2
    assert "no recorded evaluation of gbdt" in capsys.readouterr().err


def test_bad_input_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert promote.main(["--evaluation", str(tmp_path)]) == 2
    assert "there is no evaluation at" in capsys.readouterr().err
    per_user(tmp_path, {("", name): [0.5, 0.6] for name in promotion.RIVALS})
    assert promote.main(["--evaluation", str(tmp_path)]) == 2
    assert "has no lists of gbdt and neural" in capsys.readouterr().err
    assert promote.main(["--evaluation", str(tmp_path), "--k", "7"]) == 2
    assert "no rows for K = 7" in capsys.readouterr().err


def seen_pairs() -> tuple[collaborative.Seen, np.ndarray]:
    rng = np.random.default_rng(2)
    dense = (rng.random((30, 12)) < 0.3).astype(float)
    dense[0] = 0  # a user without history
    users, pings = np.nonzero(dense)
    return collaborative.Seen(users, pings, *dense.shape), dense


def test_ease_equals_its_formula() -> None:
    seen, dense = seen_pairs()
    inverse = np.linalg.inv(dense.T @ dense + 5.0 * np.eye(12))
    weights = np.eye(12) - inverse / np.diag(inverse)[None, :]
    np.testing.assert_allclose(
        collaborative.ease(seen, ridge=5.0)(3, 30), (dense @ weights)[3:], atol=1e-5
    )


def test_als_solves_its_least_squares() -> None:
    _, dense = seen_pairs()
    given = np.random.default_rng(3).normal(size=(12, 4))
    wanted = np.zeros((30, 4))
    users, pings = np.nonzero(dense)
    collaborative.solve(wanted, given, pings, np.searchsorted(users, np.arange(31)))
    for user in (0, 7):
        confidence = np.diag(1 + collaborative.ALS_CONFIDENCE * dense[user])
        expected = np.linalg.solve(
            given.T @ confidence @ given + collaborative.ALS_RIDGE * np.eye(4),
            given.T @ confidence @ dense[user],
        )
        np.testing.assert_allclose(wanted[user], expected, atol=1e-10)


def test_lists_are_unseen_and_fall_back_on_popularity() -> None:
    seen, dense = seen_pairs()
    popularity = np.arange(12) / 11
    for users, pings, ranks in collaborative.lists(seen, seen, popularity, 5).values():
        assert not dense[users, pings].any()
        assert [int(rank) for rank in ranks[users == 4]] == [1, 2, 3, 4, 5]
        assert [int(ping) for ping in pings[users == 0]] == [11, 10, 9, 8, 7]
