"""Assignments by a salted hash: the same for ever, in their shares, independent of each other."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path

import duckdb
import experiment
import pytest
from scipy.stats import chi2_contingency, chisquare

from experiments.assignment import SALT, assigned, bounds_of, bucket_of, is_held_out

USERS = [f"u{number}" for number in range(100_000)]
HALVES = {"control": Fraction(1, 2), "treatment": Fraction(1, 2)}
LEAST_P = 0.001  # the ids are fixed, so this holds for ever or never


# The vectors of docs/experiments.md: what an app must give as well.
@pytest.mark.parametrize(
    ("name", "user", "bucket"),
    [
        ("ranker_2", "u1", 985_768),
        ("ranker_2", "u3", 438_964),
        ("ranker_2", "Zoë", 554_931),
        ("holdout", "u1", 966_898),
    ],
)
def test_buckets_are_those_of_the_documentation(name: str, user: str, bucket: int) -> None:
    assert bucket_of(SALT, name, user) == bucket


@pytest.mark.parametrize(
    "shares",
    [HALVES, {"a": Fraction(1, 3), "b": Fraction(1, 3), "c": Fraction(1, 3)},
     {"control": Fraction(9, 10), "small": Fraction(1, 100), "middle": Fraction(9, 100)}],
)  # fmt: skip
def test_arms_have_their_shares(shares: dict[str, Fraction]) -> None:
    counts = Counter(assigned("ranker_2", USERS, shares).values())
    expected = [float(share) * len(USERS) for share in shares.values()]
    assert chisquare([counts[arm] for arm in shares], expected).pvalue > LEAST_P


def test_arms_of_two_experiments_are_independent() -> None:
    one = assigned("ranker_2", USERS, HALVES)
    for other in ("ranker_3", "RANKER_2", "ranker_21"):
        both = Counter((one[user], arm) for user, arm in assigned(other, USERS, HALVES).items())
        table = [[both[left, right] for right in HALVES] for left in HALVES]
        assert min(map(min, table)) > 24_000
        assert chi2_contingency(table, correction=False).pvalue > LEAST_P


def test_the_holdout_is_the_same_for_all_experiments_and_independent_of_them() -> None:
    share = Fraction(1, 20)
    held_out = {user for user in USERS if is_held_out(SALT, user, share)}
    assert 4_800 < len(held_out) < 5_200
    whole = assigned("ranker_2", USERS, HALVES)
    for name in ("ranker_2", "ranker_3"):
        assert held_out == set(USERS) - set(assigned(name, USERS, HALVES, share))
    # who is left keeps the arm
    assert assigned("ranker_2", USERS, HALVES, share).items() <= whole.items()
    counts = Counter((whole[user], user in held_out) for user in USERS)
    table = [[counts[arm, is_out] for is_out in (False, True)] for arm in HALVES]
    assert chi2_contingency(table, correction=False).pvalue > LEAST_P


def test_the_last_bound_is_the_number_of_buckets() -> None:
    thirds = {"a": Fraction(1, 3), "b": Fraction(1, 3), "c": Fraction(1, 3)}
    assert bounds_of(thirds) == [("a", 333_333), ("b", 666_667), ("c", 1_000_000)]


def run(*arguments: object) -> int:
    """Run the command in this process; the result is its exit code."""
    try:
        return experiment.main([str(argument) for argument in arguments])
    except SystemExit as leaving:
        return int(str(leaving.code))


@pytest.fixture
def ids(tmp_path: Path) -> Path:
    path = tmp_path / "ids.csv"
    path.write_text("user_id,other\n" + "".join(f"u{number},x\n" for number in range(400)))
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_users_in_the_file_stay_as_they_are(
    ids: Path, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output, plan = tmp_path / f"raw/experiment_assignments{suffix}", tmp_path / f"plan{suffix}"
    given = ("--users", ids, "--output", output, "--plan", plan, "--holdout", "0.1")
    assert run("assign", "ranker_2", *given, "--assigned-at", "2025-01-03T00:00:00+01:00") == 0
    first = duckdb.sql(f"from '{output}' order by all").fetchall()
    assert 330 < len(first) < 390
    assert {str(row[3]) for row in first} == {"2025-01-02 23:00:00"}
    assert first == sorted(
        ("ranker_2", user, arm, first[0][3])
        for user, arm in assigned(
            "ranker_2", [f"u{number}" for number in range(400)], HALVES, Fraction(1, 10)
        ).items()
    )
    # later, with more users: who is there keeps arm and moment
    ids.write_text(ids.read_text() + "newcomer,x\n")
    assert run("assign", "ranker_2", *given, "--assigned-at", "2025-01-09") == 0
    assert run("assign", "other", *given, "--assigned-at", "2025-01-09") == 0
    rows = duckdb.sql(f"from '{output}' order by all").fetchall()
    assert [row for row in rows if row[0] == "ranker_2" and row[1] != "newcomer"] == first
    assert {row[1] for row in rows if row[0] == "other"} == {
        row[1] for row in rows if row[0] == "ranker_2"
    }
    assert duckdb.sql(f"select experiment_id, control_arm, planned_shares from '{plan}'").fetchall(
    ) == [
        ("ranker_2", "control", "control=0.5|treatment=0.5"),
        ("other", "control", "control=0.5|treatment=0.5"),
    ]  # fmt: skip
    # other shares than those of the plan would move users, and look like a broken split
    ids.write_text(ids.read_text() + "another,x\n")
    others = ("--share", "control=0.9", "treatment=0.1", "--assigned-at", "2025-01-10")
    assert run("assign", "other", *given, *others) == 2
    assert "plans other with control=0.5|treatment=0.5, not" in capsys.readouterr().err
    assert duckdb.sql(f"from '{output}' order by all").fetchall() == rows


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--share", "a=1", "b=0"], "above 0"),
        (["--share", "a=0.5", "b=-0.5"], "above 0"),
        (["--share", "a=0.5", "b=0.4"], "add up to 0.9"),
        (["--share", "a=0.5", "b=nan"], "must be a share"),
        (["--share", "a=0.5", "a=0.5"], "twice"),
        (["--share", "control=1"], "two arms"),
        (["--share", "half"], "such as control=0.5"),
        (["--holdout", "1"], "below 1"),
        (["--assigned-at", "yesterday"], "not a moment"),
        (["--assigned-at", "0001-01-01T00:00:00+05:00"], "not a moment"),
        (["--users", "nowhere.csv"], "there is no file"),
        (["--output", "x.json"], ".csv or .parquet"),
        (["--primary-metric", "joy", "--plan", "p.csv"], "there is no metric joy"),
        (["--database", "nowhere.duckdb"], "there is no warehouse"),
    ],
)
def test_bad_input_of_assign(
    ids: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    output = tmp_path / "out.csv"
    given = ["--output", output, "--users", ids, "--assigned-at", "2025-01-03"]
    if "--database" in arguments:
        given = given[:2]
    assert run("assign", "ranker_2", *given, *arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("experiment")
    assert printed.err.count("\n") == 1
    assert said in printed.err
    assert not output.exists()


def test_a_file_with_another_arm_or_shape_is_left_alone(
    ids: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.csv"
    given = ("--users", ids, "--output", output, "--assigned-at", "2025-01-03")
    output.write_text("a,b\n1,2\n")
    assert run("assign", "ranker_2", *given) == 2
    assert output.read_text() == "a,b\n1,2\n"
    output.write_text("experiment_id,user_id,arm,assigned_at\nranker_2,u1,blue,2025-01-01\n")
    assert run("assign", "ranker_2", *given) == 2
    assert "has the arm blue" in capsys.readouterr().err
    assert output.read_text().count("\n") == 2
    assert run("assign", "holdout", *given) == 2
