"""Users scored by workers of Spark: each whole, in the order of its pings, in other processes."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_engines import needs_spark
from warehouse import PROJECT

from ranking.workers import Workers, WorkersError

# What each user's rows are scored by: how many there are at once, and which worker has them.
IN_WORKERS = """
import os, sys
from functools import partial
from pathlib import Path
import numpy as np, pyarrow as pa
sys.path.insert(0, sys.argv[1])
from ranking import workers as of_spark
from ranking.workers import Workers, WorkersError

SCHEMA = pa.schema([("user_key", pa.int32()), ("rows", pa.int64()), ("process", pa.int64())])

def score(users):
    keys = users["user_key"].to_numpy()
    order = np.lexsort((users["ping_key"].to_numpy(), keys))
    assert (order == np.arange(len(order))).all()
    found, counts = np.unique(keys, return_counts=True)
    columns = [found, counts, np.full(len(found), os.getppid())]
    return pa.table([pa.array(column) for column in columns], names=SCHEMA.names)

def fail(users):
    raise ValueError("no")

folder = Path(sys.argv[2])
workers = Workers("local-cluster[2,1,1024]")
workers.score(folder / "rows", score, SCHEMA, folder / "made")
print(os.getpid())
try:
    workers.score(folder / "rows", fail, SCHEMA, folder / "failed")
except WorkersError as error:
    print(error)
of_spark.rows_in = lambda folder: 7  # as if the others were written on another machine
try:
    workers.score(folder / "rows", score, SCHEMA, folder / "half" / "seen")
except WorkersError as error:
    print(error)
"""


def settings() -> dict[str, str]:
    """Of Spark, for workers in processes of their own, which need to know where it is."""
    home = Path(importlib.util.find_spec("pyspark").origin).parent
    return {
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def test_workers_score_users_part_by_part(tmp_path: Path) -> None:
    needs_spark()
    folder = tmp_path / "all [rows] of 'é"
    rng = np.random.default_rng(5)
    sizes = rng.integers(1, 600, 1_000)
    rows = {
        "user_key": np.repeat(np.arange(1_000, dtype=np.int32), sizes),
        "ping_key": np.concatenate([rng.permutation(size) for size in sizes]),
        **{f"feature_{number}": rng.random(sizes.sum()) for number in range(8)},
    }
    (folder / "rows").mkdir(parents=True)
    order = rng.permutation(sizes.sum())
    table = pa.table({name: column[order] for name, column in rows.items()})
    pq.write_table(table, folder / "rows" / "0.parquet")
    done = subprocess.run(
        [sys.executable, "-c", IN_WORKERS, str(PROJECT / "scripts"), str(folder)],
        env=os.environ | settings(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    process, said, missed = done.stdout.splitlines()
    assert said == "Spark's workers cannot score: ValueError: no."
    assert "Of 1000 rows that Spark's workers have written below " in missed
    assert ", 7 are seen here: name in PINGTOP_SPARK_EXCHANGE a folder that all" in missed
    made = pq.read_table(folder / "made").to_pandas().set_index("user_key").sort_index()
    assert made["rows"].tolist() == sizes.tolist()
    assert int(process) not in set(made["process"])
    assert made["process"].nunique() > 1


def test_a_spark_that_is_not_there_is_told_of_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_spark()
    monkeypatch.setenv("SPARK_HOME", str(tmp_path / "gone"))
    with pytest.raises(WorkersError, match=r"cannot be reached: .*No such file .*spark-submit"):
        _ = Workers("local[1]").session


def test_a_master_that_is_none_is_told_of_in_a_sentence() -> None:
    """Once: it is not asked again."""
    needs_spark()
    workers = Workers("nowhere")
    for _ in range(2):
        with pytest.raises(WorkersError, match=r"^Spark's workers cannot be reached: Master must "):
            _ = workers.session
