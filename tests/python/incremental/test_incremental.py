"""A build that reads new files only leaves what a whole build leaves, whatever arrives and when."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_runs import run_all
from forked_builds import KillAt, Outcome
from incremental import DifferenceError, check_seed
from log_batches import HAPPENINGS, LATER_ONLY, PAST, batches_of
from random_logs import golden_log
from warehouse import MODELS_ONLY, PROJECT, Warehouse
from warehouse_differences import Side, differences

# fewer logs, or shorter ones, lack something that can happen
SEEDS = [1, 5]
N_BATCHES = 10

COMMAND = [sys.executable, str(PROJECT / "tests" / "python" / "helpers" / "incremental.py")]


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


# --- the logs -------------------------------------------------------------------------------------


def test_everything_happens_in_one_of_the_logs() -> None:
    happened = [batch.happenings for seed in SEEDS for batch in batches_of(seed, N_BATCHES)]
    assert set().union(*happened) == HAPPENINGS


def test_a_seed_always_gives_the_same_log() -> None:
    assert list(batches_of(5, 12)) == list(batches_of(5, 12))
    assert list(batches_of(5, 12)) != list(batches_of(6, 12))


def test_after_the_past_only_later_rows_arrive() -> None:
    batches = list(batches_of(5, 12))
    [past] = [batch.number for batch in batches if batch.is_past]
    assert past == 10
    for batch in batches:
        assert (LATER_ONLY in batch.happenings) == (batch.number > past)
    assert None not in [content for batch in batches[past:] for content in batch.files.values()]
    assert f"{PAST:%Y-%m-%d}" == "2024-03-09"


# --- the comparison -------------------------------------------------------------------------------

TABLES = """
    create table events as
        select * from (values ('u1', 1, 0.5), ('u1', 1, 0.5), ('u2', 2, 0.1)) as t (who, n, score);
    create view half_of_them as from events where n = 1;
    create table watch_time_ratio_stats as select 3::bigint as view_count, 0.1::double as std;
    create table intake_files as select 'a.csv' as path, 1 as batch_number;
"""


def warehouse_of(folder: Path, *changes: str) -> Path:
    database = folder / "pingtop.duckdb"
    folder.mkdir(exist_ok=True)
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        for sql in (TABLES, *changes):
            connection.execute(sql)
    return database


@pytest.fixture
def differ(tmp_path: Path) -> Callable[..., list[str]]:
    """What is said of two warehouses, of which one has been changed."""

    def differ(*changes: str, where: dict[str, str] | None = None) -> list[str]:
        sides = (
            Side("the one", warehouse_of(tmp_path / "one")),
            Side("the other", warehouse_of(tmp_path / "other", *changes)),
        )
        return differences(*sides, where)

    return differ


@pytest.mark.parametrize(
    "change",
    [
        "update intake_files set batch_number = 7",
        "create schema intermediate; create table intermediate.events as select 1 as n",
        # the same rows in another order
        "create table copy as from events order by who desc; drop view half_of_them; "
        "drop table events; alter table copy rename to events; "
        "create view half_of_them as from events where n = 1",
    ],
)
def test_no_difference(differ: Callable[..., list[str]], change: str) -> None:
    assert differ(change) == []


def test_a_lost_row_is_told(differ: Callable[..., list[str]]) -> None:
    told = 'events: 1 rows only in the one ("who", "n", "score")\n    (\'u2\', 2, Decimal(\'0.1\'))'
    assert differ("delete from events where n = 2") == [told]


def test_one_of_two_equal_rows_is_told_and_views_are_compared(
    differ: Callable[..., list[str]],
) -> None:
    found = differ("insert into events values ('u1', 1, 0.5)")
    assert [text.split(" (")[0] for text in found] == [
        "events: 1 rows only in the other",
        "half_of_them: 1 rows only in the other",
    ]


def test_the_last_bit_is_told(differ: Callable[..., list[str]]) -> None:
    table = "create or replace table watch_time_ratio_stats as select 3::bigint as view_count, "
    found = differ(f"{table}{math.nextafter(0.1, 1)!r}::double as std")
    assert [text.split(" (")[0] for text in found] == [
        "watch_time_ratio_stats: 1 rows only in the one",
        "watch_time_ratio_stats: 1 rows only in the other",
    ]
    [text] = differ("alter table watch_time_ratio_stats alter std type float")
    assert text.startswith("watch_time_ratio_stats has other columns: ")


def test_a_lost_table_is_told(differ: Callable[..., list[str]]) -> None:
    [text] = differ("drop table intake_files")
    assert text.endswith("the other: None")


def test_rows_that_may_differ_are_left_out(differ: Callable[..., list[str]]) -> None:
    change = "insert into intake_files values ('b.csv', 1)"
    assert differ(change, where={"intake_files": "path <> 'b.csv'"}) == []
    assert len(differ(change, where={"intake_files": "true"})) == 1


class LosingBuilds:
    """Stands in for dbt: a row for each file; from the third batch on, new files are not read."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        (self.project / "seeds").mkdir(parents=True)

    def build(
        self,
        database: Path,
        raw: Path,
        variables: dict[str, Any],
        *arguments: str,
        kill: KillAt | None = None,
    ) -> Outcome:
        files = sorted(str(path.relative_to(raw)) for path in raw.rglob("*") if path.is_file())
        if database.parent.name == "incremental":
            files = [name for name in files if "03-" not in name]
        database.parent.mkdir(exist_ok=True)
        database.unlink(missing_ok=True)
        with duckdb.connect(str(database)) as connection:
            connection.execute("create table files (name varchar)")
            connection.executemany("insert into files values (?)", [[name] for name in files])
        return Outcome(0, "", 10)


def test_a_difference_says_what_and_how_to_repeat_it(tmp_path: Path) -> None:
    with pytest.raises(DifferenceError) as raised:
        check_seed(1, 8, LosingBuilds(tmp_path), tmp_path / "seed-1")
    message = str(raised.value)
    assert message.startswith("seed 1, batch 3 (build killed, ")
    assert ': files: 3 rows only in the whole one ("name")\n    (\'exposures/03-' in message
    assert "differ from each other" not in message
    assert message.endswith("    python tests/python/helpers/incremental.py --seeds 1 --batches 8")
    assert (tmp_path / "seed-1" / "raw" / "users.csv").exists()


# --- the builds -----------------------------------------------------------------------------------


def test_a_kept_project_builds_what_the_environment_names(tmp_path: Path) -> None:
    """Parsed once, it still goes by the environment of each run; but the name of the file stays."""
    for name in ("one", "two"):
        Warehouse(tmp_path / name).write_raw(*golden_log())
    runs = [
        {
            "arguments": ["build", *MODELS_ONLY, "--select", "+stg_event_weights"],
            "environment": {
                "PINGTOP_DATABASE": str(tmp_path / name / "pingtop.duckdb"),
                "PINGTOP_RAW_LOCATION": str(tmp_path / name / "raw"),
            },
        }
        for name in ("one", "two", "one")
    ]
    environment = {"PINGTOP_DATABASE": str(tmp_path / "none" / "pingtop.duckdb")}
    outcomes = run_all(runs, tmp_path / "runs", PROJECT, environment)
    assert [outcome["exit_code"] for outcome in outcomes] == [0, 0, 0], outcomes
    assert not (tmp_path / "none").exists()
    runs_of = {}
    for name in ("one", "two"):
        with duckdb.connect(str(tmp_path / name / "pingtop.duckdb"), read_only=True) as connection:
            runs_of[name] = connection.execute("select invocation_id from raw.last_run").fetchall()
    assert runs_of["one"] != runs_of["two"]


@pytest.mark.timeout(3600)
def test_incremental_is_full() -> None:
    seeds = ",".join(map(str, SEEDS))
    done = run_command("--seeds", seeds, "--batches", str(N_BATCHES))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("seed ")]
    assert len(lines) == len(SEEDS)
    for line in lines:
        told = re.search(
            rf": {N_BATCHES} batches equal, (\d+) of them by reading new files only, ", line
        )
        assert told, line
        assert int(told[1]) >= 2, "a log that is always read whole proves nothing"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--seeds", "3-1"], "--seeds must be numbers or ranges such as 1-50 or 3,7, not '3-1'."),
        (["--seeds", "x"], "--seeds must be numbers or ranges such as 1-50 or 3,7, not 'x'."),
        (["--batches", "3"], "--batches must be at least 4, but is 3."),
        (["--folder", "/"], "The folder / is there already: name a new one with --folder."),
    ],
)
def test_bad_input_gets_one_sentence(arguments: list[str], sentence: str) -> None:
    done = run_command(*arguments)
    assert done.returncode == 2
    assert done.stderr == f"incremental: {sentence}\n"
