"""How an evaluation ends: what it leaves behind, its exit code, and the same digits each time."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import evaluate
import pytest
from warehouse import PROJECT

from common import TERMINATED
from evaluation.endings import FullDiskError
from evaluation.record import record
from evaluation.work_folder import LOCK, PREFIX, sweep

WORKING = """
import sys, time
sys.path.append(sys.argv[1])
from evaluation.work_folder import work_folder
with work_folder() as folder:
    print(folder, flush=True)
    time.sleep(60)
"""
HOLDING = """
import sys, time, duckdb
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
time.sleep(float(sys.argv[2]))
"""
RECORDED = """
    create schema intermediate;
    create table intermediate.int_recorded_evaluations (
        log_source varchar, recorded_at timestamp, as_of timestamp, horizon_end timestamp,
        strategy varchar, segment varchar, k bigint, metric varchar,
        value double, low double, high double, n bigint
    )
"""
METRIC = {"cutoff": "2024-02-13 00:00:00", "strategy": "popular", "segment": "all", "k": 10}
METRIC |= {"metric": "ndcg", "value": 0.5, "low": 0.25, "high": 0.75, "n": 4}


def until(is_so: Callable[[], list[Any]], seconds: float = 120) -> list[Any]:
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def children(process: int) -> list[int]:
    return [
        int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()
    ]


def is_alive(process: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


# --- what is left behind -------------------------------------------------------------------------


def test_sigterm_ends_the_build_and_leaves_nothing(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, str(PROJECT / "scripts" / "evaluate.py"), "--as-of", "2024-02-13"]
    environment = os.environ | {"TMPDIR": str(temporary), "PINGTOP_RAW_LOCATION": ""}
    environment["PINGTOP_DATABASE"] = str(tmp_path / "none.duckdb")
    with subprocess.Popen(
        [*command, "--output", str(tmp_path / "output")],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr
        [child] = until(lambda: children(running.pid))
        until(lambda: list(temporary.glob(f"{PREFIX}*/target/*")))
        running.send_signal(signal.SIGTERM)
        said = running.stderr.read()
    assert running.returncode == TERMINATED
    assert said == "evaluate: ended from outside; no file was changed.\n"
    assert not is_alive(child)
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "output").exists()


def test_what_a_killed_one_left_is_swept_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    command = [sys.executable, "-c", WORKING, str(PROJECT / "scripts")]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running,
    ):
        assert killed.stdout
        assert running.stdout
        left, used = (Path(process.stdout.readline().strip()) for process in (killed, running))
        killed.kill()
        killed.wait()
        starting = tmp_path / f"{PREFIX}starting"  # has no lock yet
        other = tmp_path / "of_another_program"
        for folder in (starting, other):
            folder.mkdir()
        (other / LOCK).touch()
        (left / "rewound.duckdb").touch()
        sweep(tmp_path)
        assert not left.exists()
        assert used.exists()
        assert starting.exists()
        assert other.exists()
        running.terminate()


# --- the record ----------------------------------------------------------------------------------


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(RECORDED)
    return path


def test_a_warehouse_in_use_is_waited_for(warehouse: Path) -> None:
    command = [sys.executable, "-c", HOLDING, str(warehouse), "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holding:
        assert holding.stdout
        holding.stdout.readline()
        said: list[str] = []
        sentence = record([METRIC], timedelta(days=7), warehouse, "a log", 60, said.append)
    assert sentence.startswith(f"recorded in {warehouse}")
    assert len(said) == 1
    assert f"(process {holding.pid})" in said[0]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select log_source, horizon_end, value from intermediate.int_recorded_evaluations"
        ).fetchall()
    assert rows == [("a log", datetime(2024, 2, 20), 0.5)]


def evaluated(monkeypatch: pytest.MonkeyPatch, warehouse: Path, output: Path) -> int:
    """The exit code of the command, without the work in it."""
    monkeypatch.setenv("PINGTOP_DATABASE", str(warehouse))
    monkeypatch.setattr(evaluate, "rewind", lambda *_: (None, [], "a log"))
    monkeypatch.setattr(evaluate, "evaluate_files", lambda *_: SimpleNamespace(metrics=[METRIC]))
    return evaluate.main(["--output", str(output), "--quiet", "--wait", "0"])


def test_what_was_not_recorded_is_no_success(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = warehouse.parent / "output"
    assert evaluated(monkeypatch, warehouse, output) == 0
    command = [sys.executable, "-c", HOLDING, str(warehouse), "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holding:
        assert holding.stdout
        holding.stdout.readline()
        assert evaluated(monkeypatch, warehouse, output) == 75
        holding.kill()
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("drop table intermediate.int_recorded_evaluations")
    assert evaluated(monkeypatch, warehouse, output) == 1
    assert evaluated(monkeypatch, warehouse.with_name("none.duckdb"), output) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines[1:]] == ["evaluate"] * 3
    assert all("nothing was recorded" in line for line in lines[1:]), lines


@pytest.mark.parametrize(
    "error",
    [
        FullDiskError(),
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        duckdb.IOException("IO Error: Could not write to file: No space left on device"),
        duckdb.OutOfMemoryException(
            "Out of Memory Error: failed to offload data block of size 256.0 KiB (0 bytes/0 bytes "
            "used).\nThis limit was set by the 'max_temp_directory_size' setting."
        ),
    ],
)
def test_a_full_disk_is_said(
    error: Exception,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(evaluate, "rewind", fail)
    monkeypatch.setenv("PINGTOP_DATABASE", str(tmp_path / "none.duckdb"))
    assert evaluate.main(["--output", str(tmp_path / "output"), "--quiet"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("evaluate: a disk is full: free some space, or name another folder")
    assert len(said.splitlines()) == 1


# --- the same digits -----------------------------------------------------------------------------

# Numbers of all sizes, whose sums depend on the order in which floats are added.
INPUTS = {
    "lists": """
        select
            case when user_number % 2 = 0 then '2024-02-13' else '2024-02-20' end as cutoff,
            'strategy ' || strategy as strategy,
            'u' || user_number as user_id,
            'p' || (hash(user_number, strategy) % 97 + 13 * rank) as ping_id,
            rank
        from range(3000) as users(user_number)
        cross join range(3) as strategies(strategy)
        cross join range(1, 11) as ranks(rank)
    """,
    "truth": """
        select distinct
            case when user_number % 2 = 0 then '2024-02-13' else '2024-02-20' end as cutoff,
            'u' || user_number as user_id,
            'p' || (hash(user_number, place) % 230) as ping_id,
            case place when 0 then 0.1 when 1 then 0.3 else 1.7 end as relevance
        from range(2900) as users(user_number)
        cross join range(4) as places(place)
        qualify row_number() over (partition by user_number, ping_id order by relevance) = 1
    """,
    "catalogue": """
        select
            cutoff,
            'p' || number as ping_id,
            'c' || number % 7 as creator_id,
            'category ' || number % 11 as category,
            pow(10, number % 9 - 2) / 3 as popularity
        from range(250) as pings(number)
        cross join (values ('2024-02-13'), ('2024-02-20')) as cutoffs(cutoff)
    """,
    "history": """
        select distinct
            cutoff,
            'u' || user_number as user_id,
            'p' || (230 + hash(user_number, place) % 20) as ping_id
        from range(3000) as users(user_number)
        cross join range(5) as places(place)
        cross join (values ('2024-02-13'), ('2024-02-20')) as cutoffs(cutoff)
    """,
}


def test_twice_the_same_is_the_same_to_the_last_byte(tmp_path: Path) -> None:
    """However the rows come, and however many threads add them up."""
    written = []
    for threads in (1, 4):
        folder = tmp_path / str(threads)
        folder.mkdir()
        arguments = ["--output", str(folder / "output"), "--quiet", "--no-chart", "--k", "5", "10"]
        arguments += ["--threads", str(threads), "--bootstrap", "100"]
        with duckdb.connect() as connection:
            for name, query in INPUTS.items():
                path = folder / f"{name}.parquet"
                connection.execute(
                    f"copy (from ({query}) as rows order by hash(rows, {threads})) to '{path}' "
                    "(row_group_size 2048)"
                )
                arguments += [f"--{name}", str(path)]
        assert evaluate.main(arguments) == 0
        text = (folder / "output" / "metrics.json").read_text()
        written.append(text.replace(str(folder), ""))
    assert len(written[0]) > 100_000
    assert written[0] == written[1]
