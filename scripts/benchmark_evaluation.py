#!/usr/bin/env python3
"""Measure the offline evaluation against RecTools and ranx on synthetic lists and truth.

Every run has a process of its own. CPU seconds are user and system time of all its threads, from
its start to its end (imports included) and from reading the Parquet files to the numbers; memory
is the largest resident set. The lists have 10 pings a user and the truth about 5, a quarter of the
users has a hit, and everybody computes hit rate, precision, recall, MRR, MAP and NDCG at 10.
The runs must agree on the numbers, or the comparison stops.

What is measured:

    engine    `evaluate` of the folder evaluation: reads, checks (repeats, gaps, odd grades) and
              computes all of its metrics that need lists and truth only. A further line says
              what is left of it without the checks, which the others do not make
    program   `evaluate.py` as one calls it: the same, the files, the tables and the chart
    rectools  RecTools, from pandas frames
    ranx      ranx, from pandas frames; ids as text and grades as whole numbers, as it needs them

RecTools and ranx check nothing and are left out where they are not installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

K = 10
TOOLS = ("engine", "program", "rectools", "ranx")
TOLERANCE = 1e-9
MEASURED = ("cpu_s", "work_cpu_s", "checks_cpu_s", "peak_mb")
SHARED = ("hit_rate", "precision", "recall", "mrr", "map")

# CPU seconds until the work began, CPU seconds of checking the input, and the numbers.
Measured = tuple[float, float, dict[str, float]]

EXAMPLES = """examples:
  scripts/benchmark_evaluation.py
  scripts/benchmark_evaluation.py --users 200000 --repeats 5 --output benchmark.json
"""


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="benchmark_evaluation.py",
        description="Measure the offline evaluation against RecTools and ranx.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--users", type=int, default=20_000, metavar="N", help="default: 20000")
    parser.add_argument(
        "--pings", type=int, default=50_000, metavar="N", help="in the catalogue (default: 50000)"
    )
    parser.add_argument(
        "--ids", choices=("text", "integer"), default="text", help="kind of ids (default: text)"
    )
    parser.add_argument(
        "--repeats", type=int, default=3, metavar="N", help="runs each; medians count (default: 3)"
    )
    parser.add_argument(
        "--tools", nargs="+", choices=TOOLS, default=TOOLS, help="what to run (default: all)"
    )
    parser.add_argument(
        "--threads", type=int, metavar="N", help="DuckDB's threads (default: all cores)"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the results as JSON")
    # One measured run in a process of its own; started by the program itself.
    parser.add_argument("--measure", choices=TOOLS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program. Returns the exit code."""
    given = build_parser().parse_args(arguments)
    if given.measure:
        print(json.dumps(measure(given.measure, given.folder, given.threads)))
        return 0
    errors = Console(stderr=True, highlight=False)
    smallest = {"users": 100, "pings": 100, "repeats": 1, "threads": 1}
    for name, least in smallest.items():
        value = getattr(given, name)
        if value is not None and value < least:
            errors.print(f"benchmark_evaluation: --{name} is {value}: give {least} or more.")
            return 2
    tools = [tool for tool in TOOLS if tool in given.tools and is_installed(tool)]
    for tool in set(given.tools) - set(tools):
        errors.print(f"benchmark_evaluation: {tool} is not installed and is left out.")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with tempfile.TemporaryDirectory(prefix="benchmark_evaluation_") as name:
        folder = Path(name)
        with Progress(
            *columns, console=errors, transient=True, disable=not errors.is_terminal
        ) as progress:
            task = progress.add_task("data", total=given.repeats * len(tools))
            size = write_data(folder, given.users, given.pings, given.ids)
            runs: dict[str, list[dict[str, Any]]] = {tool: [] for tool in tools}
            # Tools take turns, so that a busy moment of the machine does not hit one of them only.
            for _ in range(given.repeats):
                for tool in tools:
                    progress.update(task, description=tool)
                    try:
                        runs[tool].append(run_apart(tool, folder, given.threads))
                    except subprocess.CalledProcessError as error:
                        reason = (error.stderr.strip().splitlines() or ["no message"])[-1]
                        errors.print(f"benchmark_evaluation: {tool} failed: {reason}", markup=False)
                        return 1
                    progress.advance(task)
    disagreement = first_disagreement(runs)
    if disagreement:
        errors.print(f"benchmark_evaluation: {disagreement}", markup=False)
        return 1
    summary = {
        tool: {name: median(run[name] for run in found) for name in MEASURED}
        for tool, found in runs.items()
    }
    Console(highlight=False).print(result_table(size, summary, given.repeats))
    if given.output:
        content = {
            "data": {**size, "ids": given.ids, "k": K},
            "repeats": given.repeats,
            "cores": os.cpu_count(),
            "medians": summary,
            "runs": runs,
        }
        given.output.parent.mkdir(parents=True, exist_ok=True)
        given.output.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0


def is_installed(tool: str) -> bool:
    """Whether the tool can be imported; ours always can."""
    return tool in {"engine", "program"} or importlib.util.find_spec(tool) is not None


def write_data(folder: Path, users: int, pings: int, ids: str) -> dict[str, int]:
    """Lists of 10 and about 5 relevant pings a user, popular pings more often, as Parquet.

    Everything is drawn from hashes of the row's own numbers: the same sizes give the same rows.
    """
    connection = duckdb.connect()
    connection.execute("set preserve_insertion_order = true")

    def chance(salt: int) -> str:
        return f"hash(user_number, draw, {salt}) / 18446744073709551616.0"

    connection.execute(
        f"""
        create table pairs as
        select
            user_number,
            cast(floor({pings} * power({chance(1)}, 3)) as integer) as ping_number,
            min(draw) as draw
        from range({users}) as numbered (user_number), range(20) as draws (draw)
        group by user_number, ping_number
        """
    )
    user_id, ping_id = "user_number", "ping_number"
    if ids == "text":
        user_id = "'u' || lpad(cast(user_number as varchar), 7, '0')"
        ping_id = "'p' || cast(ping_number as varchar)"
    connection.execute(
        f"""
        copy (
            select {user_id} as user_id, {ping_id} as ping_id, cast(place as integer) as rank
            from (
                select *, row_number() over (partition by user_number order by draw) as place
                from pairs
                where draw < 13
            ) as listed
            where place <= {K}
            order by user_number, place
        ) to '{folder}/lists.parquet' (format parquet)
        """
    )
    # Most relevant pings are outside the list; a few of the recommended ones are hits.
    connection.execute(
        f"""
        copy (
            select
                {user_id} as user_id,
                {ping_id} as ping_id,
                case
                    when {chance(2)} < 0.5 then 0.5
                    when {chance(2)} < 0.7 then 1.0
                    when {chance(2)} < 0.85 then 2.0
                    when {chance(2)} < 0.95 then 3.0
                    else 4.0
                end as relevance
            from pairs
            where {chance(3)} < case when draw < 13 then 0.03 else 0.67 end
            order by user_number, draw
        ) to '{folder}/truth.parquet' (format parquet)
        """
    )
    counts = {"users": users, "pings": pings}
    for name in ("lists", "truth"):
        row = connection.execute(f"select count(*) from '{folder}/{name}.parquet'").fetchone()
        counts[f"{name}_rows"] = row[0] if row else 0
    return counts


def run_apart(tool: str, folder: Path, threads: int | None) -> dict[str, Any]:
    """One measured run in a fresh process."""
    command = [sys.executable, __file__, "--measure", tool, "--folder", str(folder)]
    if threads:
        command += ["--threads", str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
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
    command = [sys.executable, str(Path(__file__).with_name("evaluate.py")), "--k", str(K)]
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
    import pandas as pd
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
    import pandas as pd
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


def first_disagreement(runs: dict[str, list[dict[str, Any]]]) -> str | None:
    """A sentence on the first number that two tools do not agree on."""
    known: dict[str, tuple[str, float]] = {}
    for tool, found in runs.items():
        for run in found:
            for name, value in run["values"].items():
                first, expected = known.setdefault(name, (tool, value))
                if abs(value - expected) > TOLERANCE:
                    return f"{name} is {expected} by {first} but {value} by {tool}."
    return None


def result_table(size: dict[str, int], summary: dict[str, dict[str, float]], repeats: int) -> Table:
    """What each tool took, and how many times the engine's CPU that is."""
    table = Table(
        title=f"{size['users']:,} users, {size['lists_rows']:,} list rows, "
        f"{size['truth_rows']:,} truth rows; median of {repeats}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )
    table.add_column("tool")
    for heading in ("CPU s", "CPU s without imports", "peak MB"):
        table.add_column(heading, justify="right")
    if "rectools" in summary:
        table.add_column("CPU, of RecTools'", justify="right")
        table.add_column("without imports", justify="right")
    rivals = summary.get("rectools")
    for tool, took in summary.items():
        lines = [(tool, 0.0)]
        if tool == "engine":
            lines.append(("engine, its checks apart", took["checks_cpu_s"]))
        for name, apart in lines:
            cpu, work = took["cpu_s"] - apart, took["work_cpu_s"] - apart
            cells = [f"{cpu:.2f}", f"{work:.2f}", f"{took['peak_mb']:,.0f}"]
            if rivals:
                cells += [f"{cpu / rivals['cpu_s']:.0%}", f"{work / rivals['work_cpu_s']:.0%}"]
            if tool == "program":  # its imports are not told apart
                cells[1::3] = [""] * len(cells[1::3])
            table.add_row(name, *cells)
    return table


if __name__ == "__main__":
    sys.exit(main())
