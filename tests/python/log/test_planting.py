"""What the generator plants is there, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import duckdb
import generate_data
import numpy as np
import pytest

from log.arguments import check, parser
from log.blocks import make_block
from log.experiment import plant
from log.plan import DAY_MS, LIKE, VIEW
from log.world import build_world

SIZES = "--events 40000 --users 800 --pings 200 --days 10 --dirt 0 --repeats 0 --quiet"


def run(output: Path, arguments: str = "") -> int:
    """Run the generator in this process; the result is its exit code."""
    try:
        return generate_data.main([*SIZES.split(), *arguments.split(), "--output", str(output)])
    except SystemExit as leaving:
        return int(str(leaving.code))


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its name."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def arms(folder: Path) -> dict[str, list[str]]:
    """The arms of each user."""
    found = duckdb.sql(
        f"select user_id, list(arm order by assigned_at) from '{folder}/experiment_assignments"
        ".parquet' group by user_id"
    )
    return dict(found.fetchall())


def test_an_experiment_without_a_lift_changes_nothing_else(tmp_path: Path) -> None:
    assert run(tmp_path / "without") == 0
    assert run(tmp_path / "with", "--experiment a") == 0
    without, found = files(tmp_path / "without"), files(tmp_path / "with")
    added = {"experiment_assignments.parquet", "experiments.parquet"}
    assert set(found) - set(without) == added
    assert {name: found[name] for name in without} == without
    # where it is replaced by a log without one, its files go
    assert run(tmp_path / "with", "--overwrite") == 0
    assert files(tmp_path / "with") == without


def test_the_same_seed_gives_the_same_files_whatever_the_jobs(tmp_path: Path) -> None:
    planted = "--experiment a --lift likes_per_user=0.5 --lift watch_through_rate=0.2 --novelty 3"
    planted += " --crossovers 0.1 --lost 0.1 --rows-per-file 9000"
    assert run(tmp_path / "one", f"{planted} --jobs 1") == 0
    assert run(tmp_path / "two", f"{planted} --jobs 3") == 0
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert run(tmp_path / "other", f"{planted} --seed 2") == 0
    assert arms(tmp_path / "one") != arms(tmp_path / "other")


def test_a_split_can_be_broken_and_users_can_cross_over(tmp_path: Path) -> None:
    assert run(tmp_path / "sound", "--experiment a --treated 0.25") == 0
    sound = arms(tmp_path / "sound")
    assert len(sound) == 800
    assert 150 < sum(found == ["treatment"] for found in sound.values()) < 250
    assert run(tmp_path / "lost", "--experiment a --treated 0.25 --lost 0.5") == 0
    lost = arms(tmp_path / "lost")
    missing = set(sound) - set(lost)
    assert 60 < len(missing) < 140
    assert {sound[user][0] for user in missing} == {"treatment"}
    assert run(tmp_path / "both", "--experiment a --treated 0.25 --crossovers 0.2") == 0
    both = arms(tmp_path / "both")
    assert 110 < sum(len(found) == 2 for found in both.values()) < 210
    assert all(found[0] == sound[user][0] for user, found in both.items())
    [plan] = duckdb.sql(f"from '{tmp_path}/lost/experiments.parquet'").fetchall()
    assert plan[0] == "a"
    assert str(plan[2]) == "2025-01-06 00:00:00"
    assert plan[3] == "control=0.75|treatment=0.25"


def likes_of_treated(novelty: float | None, lift: float) -> tuple[float, float]:
    """Likes for each view of the treated: of the first two days, and of the last three."""
    given = parser().parse_args([*SIZES.split(), "--output", "x", "--experiment", "a"])
    given.events, given.lift, given.experiment_day = 300_000, [f"likes_per_user={lift}"], 1
    given.novelty = novelty
    plan = check(given)
    world = build_world(plan)
    planted = plant(plan, world)
    rates = []
    blocks = [make_block(plan, world, block, planted) for block in range(plan.n_blocks)]
    for low, high in ((1, 3), (7, 10)):
        sums = np.zeros(2)
        for rows in blocks:
            at = (rows.time_ms >= low * DAY_MS) & (rows.time_ms < high * DAY_MS)
            at &= planted.arm[rows.user] == 1
            sums += [(at & (rows.event_type == LIKE)).sum(), (at & (rows.event_type == VIEW)).sum()]
        rates.append(sums[0] / sums[1])
    return rates[0], rates[1]


def test_a_lift_is_there_and_a_novelty_fades() -> None:
    early, late = likes_of_treated(None, 0.0)
    for novelty, fades in ((None, False), (1.0, True)):
        lifted_early, lifted_late = likes_of_treated(novelty, 1.5)
        assert lifted_early / early > 1.5
        assert (lifted_late / late < 1.3) == fades


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--lift likes_per_user=0.2", "--lift goes with --experiment"),
        ("--crossovers 0.2", "--crossovers goes with --experiment"),
        ("--experiment a --shape flat", "--shape feed"),
        ("--experiment a --lift joy=0.2", "cannot lift 'joy'"),
        ("--experiment a --lift likes_per_user", "must be such as"),
        ("--experiment a --lift likes_per_user=nan", "must be from -1"),
        ("--experiment a --treated 1", "--treated must be between"),
        ("--experiment a --lost 1.5", "--lost is a share"),
        ("--experiment a --novelty 0", "--novelty must be above 0"),
        ("--experiment a --experiment-day 10", "--experiment-day must be from 0 to 9"),
    ],
)
def test_bad_arguments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: str, said: str
) -> None:
    assert run(tmp_path / "data", arguments) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert not (tmp_path / "data").exists()
