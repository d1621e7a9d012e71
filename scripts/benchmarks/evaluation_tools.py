"""The tools that compute an evaluation, each measured in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from rich.progress import MofNCompleteColumn, TimeElapsedColumn

from benchmarks.evaluation_data import K
from benchmarks.measuring import RunError
from common import SCRIPTS, progress_bars

TOOLS = ("engine", "program", "rectools", "ranx")
TOLERANCE = 1e-9
SHARED = ("hit_rate", "precision", "recall", "mrr", "map")
# CPU seconds until the work began, CPU seconds of checking the input, and the numbers.
Measured = tuple[float, float, dict[str, float]]
Runs = dict[str, list[dict[str, Any]]]  # by tool


def is_installed(tool: str) -> bool:
    """Whether the tool can be imported; ours always can."""
    return tool in {"engine", "program"} or importlib.util.find_spec(tool) is not None


def measure_in_turns(
    tools: Sequence[str],
    repeats: int,
    threads: int | None,
    write: Callable[[Path], dict[str, int]],
) -> tuple[dict[str, int], Runs]:
    """Measure the tools on new data; the results are its size and every run.

    write: writes the data into a folder, and tells its size. Raises RunError where a tool fails, or
    where the numbers of two differ.
    """
    runs: Runs = {tool: [] for tool in tools}
    with (
        tempfile.TemporaryDirectory(prefix="benchmark_evaluation_") as name,
        progress_bars(MofNCompleteColumn(), TimeElapsedColumn()) as progress,
    ):
        folder = Path(name)
        task = progress.add_task("data", total=repeats * len(tools))
        size = write(folder)
        # Tools take turns, so that a busy moment of the machine does not hit one of them only.
        for _ in range(repeats):
            for tool in tools:
                progress.update(task, description=tool)
                runs[tool].append(run_apart(tool, folder, threads))
                progress.advance(task)
    disagreement = first_disagreement(runs)
    if disagreement:
        raise RunError(disagreement)
    return size, runs


def run_apart(tool: str, folder: Path, threads: int | None) -> dict[str, Any]:
    """One measured run in a fresh process."""
    command = [
        sys.executable,
        str(SCRIPTS / "benchmark_evaluation.py"),
        "--measure",
        tool,
        "--folder",
        str(folder),
    ]
    if threads:
        command += ["--threads", str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RunError(f"{tool} failed: {reason}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def measure(tool: str, folder: Path, threads: int | None) -> dict[str, Any]:
    """Run a tool in this process; what it took, and its numbers."""
    runners: dict[str, Callable[[Path, int | None], Measured]] = {
        "engine": run_engine,
        "program": run_program,
        "rectools": run_rectools,
        "ranx": run_ranx,
    }
    began, checks, values = runners[tool](folder, threads)
    who = resource.RUSAGE_CHILDREN if tool == "program" else resource.RUSAGE_SELF
    usage = resource.getrusage(who)
    cpu = usage.ru_utime + usage.ru_stime
    # Linux counts the resident set in kilobytes, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "cpu_s": cpu,
        "work_cpu_s": cpu - began,
        "checks_cpu_s": checks,
        "peak_mb": usage.ru_maxrss * unit / 1e6,
        "values": values,
    }


def cpu_so_far() -> float:
    """CPU seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def run_engine(folder: Path, threads: int | None) -> Measured:
    """Our engine, up to the numbers."""
    from evaluation import Inputs, Settings, evaluate

    began = cpu_so_far()
    connection = duckdb.connect(config={"threads": threads} if threads else {})
    inputs = Inputs(folder / "lists.parquet", folder / "truth.parquet")
    steps: list[tuple[str, float]] = []
    result = evaluate(
        connection,
        inputs,
        Settings(ks=(K,)),
        lambda what, _share: steps.append((what, cpu_so_far())),
    )
    checks = sum(
        end - start
        for (what, start), (_, end) in pairwise(steps)
        if what == "checking the lists and the truth"
    )
    return began, checks, {row["metric"]: row["value"] for row in result.metrics}


def run_program(folder: Path, threads: int | None) -> Measured:
    """Our program as a whole, in a further process."""
    output = folder / "output"
    command = [sys.executable, str(SCRIPTS / "evaluate.py"), "--k", str(K)]
    command += ["--lists", str(folder / "lists.parquet")]
    command += ["--truth", str(folder / "truth.parquet"), "--output", str(output)]
    if threads:
        command += ["--threads", str(threads)]
    subprocess.run(command, capture_output=True, check=True)
    content = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
    return 0.0, 0.0, {row["metric"]: row["value"] for row in content["metrics"]}


def run_rectools(folder: Path, threads: int | None) -> Measured:
    """RecTools; its NDCG with the attainable ideal is our binary one."""
    del threads  # it has one
    from rectools import metrics

    began = cpu_so_far()
    names = {"ping_id": "item_id", "relevance": "weight"}
    lists = pd.read_parquet(folder / "lists.parquet").rename(columns=names)
    truth = pd.read_parquet(folder / "truth.parquet").rename(columns=names)
    wanted = {
        "hit_rate": metrics.HitRate(K),
        "precision": metrics.Precision(K),
        "recall": metrics.Recall(K),
        "mrr": metrics.MRR(K),
        "map": metrics.MAP(K),
        "ndcg_binary": metrics.NDCG(K, divide_by_achievable=True),
    }
    found = metrics.calc_metrics(wanted, lists, truth)
    return began, 0.0, {name: float(value) for name, value in found.items()}


def run_ranx(folder: Path, threads: int | None) -> Measured:
    """Ranx; doubled grades are whole numbers and leave a linear-gain NDCG as it is."""
    del threads  # it takes what numba takes
    import ranx

    began = cpu_so_far()
    lists = pd.read_parquet(folder / "lists.parquet")
    truth = pd.read_parquet(folder / "truth.parquet")
    for frame in (lists, truth):
        for name in ("user_id", "ping_id"):
            frame[name] = frame[name].astype(str)
    lists["score"] = -lists["rank"].astype(float)
    truth["grade"] = (2 * truth["relevance"]).astype(int)
    qrels = ranx.Qrels.from_df(truth, q_id_col="user_id", doc_id_col="ping_id", score_col="grade")
    run = ranx.Run.from_df(lists, q_id_col="user_id", doc_id_col="ping_id", score_col="score")
    names = (*SHARED, "ndcg")
    found = ranx.evaluate(qrels, run, [f"{name}@{K}" for name in names], make_comparable=True)
    return began, 0.0, {name: float(found[f"{name}@{K}"]) for name in names}


def first_disagreement(runs: Runs) -> str | None:
    """A sentence on the first number that two tools do not agree on."""
    known: dict[str, tuple[str, float]] = {}
    for tool, found in runs.items():
        for run in found:
            for name, value in run["values"].items():
                first, expected = known.setdefault(name, (tool, value))
                if abs(value - expected) > TOLERANCE:
                    return f"{name} is {expected} by {first} but {value} by {tool}."
    return None
