"""Users, some at a time, and what goes to Spark's workers."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ranking import by_users
from ranking.workers import reason_of, zipped_code

COUNTS = pa.schema([("user_key", pa.int32()), ("rows", pa.int64())])


def counted(batch: pa.Table) -> pa.Table:
    """A row per user of a batch, with the number of its rows there."""
    users, counts = np.unique(batch["user_key"].to_numpy(), return_counts=True)
    return pa.table([pa.array(users, pa.int64()), pa.array(counts)], names=["user_key", "rows"])


@pytest.mark.parametrize("seed", range(30))
def test_a_worker_is_given_whole_users(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However their rows are cut up, and where one has more than are scored at a time."""
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(by_users, "BATCH_ROWS", int(rng.integers(1, 60)))
    sizes = rng.integers(1, 50, rng.integers(1, 40))
    users = np.repeat(np.sort(rng.choice(1_000, len(sizes), replace=False)), sizes)
    ends = sorted({0, len(users), *rng.integers(0, len(users), 30).tolist()})
    batches = [
        pa.record_batch({"user_key": users[start:end].astype(np.int32)})
        for start, end in pairwise(ends)
    ]
    made = pa.Table.from_batches(by_users.score_part(counted, COUNTS, iter(batches)), COUNTS)
    assert made["user_key"].to_pylist() == list(dict.fromkeys(users.tolist()))
    assert made["rows"].to_pylist() == sizes.tolist()
    largest = max(part.num_rows for part in by_users.whole_users(iter(batches)))
    assert largest <= by_users.BATCH_ROWS + max(sizes) + max(map(len, batches))


def test_a_worker_without_users_has_nothing_to_do() -> None:
    assert list(by_users.score_part(counted, COUNTS, iter([]))) == []
    empty = pa.record_batch({"user_key": pa.array([], pa.int32())})
    assert sum(map(len, by_users.score_part(counted, COUNTS, iter([empty])))) == 0


def test_the_code_that_goes_to_workers_is_all_that_they_need(tmp_path: Path) -> None:
    """And they need no DuckDB."""
    modules = "ranking.by_users, ranking.explained, ranking.gbdt, ranking.neural, ranking.shown"
    code = f"import sys; sys.path.insert(0, sys.argv[1]); import {modules}"
    code += "; print(ranking.gbdt.__file__, sorted({'duckdb', 'pyspark'} & set(sys.modules)))"
    archive = zipped_code(tmp_path)
    said = subprocess.run(
        [sys.executable, "-I", "-c", code, str(archive)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.stdout == f"{archive}/ranking/gbdt.py []\n", said.stderr


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "\n  An exception was thrown from the Python worker. Please see below.\n"
            "Traceback (most recent call last):\n"
            '  File "worker.py", line 1, in main\n    process()\n'
            "ModuleNotFoundError: No module named 'lightgbm'\n",
            "ModuleNotFoundError: No module named 'lightgbm'",
        ),
        (
            "Job aborted.\n\tat a.B(C.java:1)\nCaused by: org.apache.PythonException: Traceback "
            "(most recent call last):\n  File 1\n    f()\nValueError: odd.\n\n\tat a.B(C.java:1)",
            "ValueError: odd",
        ),
        (
            "An error occurred while calling None.JavaSparkContext.\n"
            ": org.apache.spark.SparkException: Could not parse Master URL: 'nowhere'\n\tat a.B(C)",
            "Could not parse Master URL: 'nowhere'",
        ),
        ("Traceback (most recent call last):\n  File", "Traceback (most recent call last):"),
    ],
)
def test_what_fails_on_a_worker_is_told_in_a_sentence(said: str, told: str) -> None:
    assert reason_of(said) == told
