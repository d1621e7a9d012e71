#!/usr/bin/env python3
"""Measure the full `dbt build` against two yardsticks, on the same generated files.

The yardsticks are one `group by user_id, ping_id` over the raw interactions in DuckDB, with the
build's threads and memory limit, and the core of the pipeline in vectorised pandas. Each runs in a
process of its own; seconds and memory are those of the whole tree of processes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import duckdb
import generate_data
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from benchmark_one_pass import interaction_files
from generate_data import InputError, Parser, share_of_rows, whole_number
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

SCRIPTS = Path(__file__).resolve().parent
GIB = 2**30
SAMPLE_SECONDS = 0.1
LAST_LINES = 25
MODELS_SHOWN = 12
EVENTS_PER_USER = 100
EVENTS_PER_PING = 400
SCORE_TOLERANCE = 1e-9
MAX_REPEATS = 100
GENERATOR_JOBS = 2
# The environment's names for the settings that the build and the one pass share.
SETTINGS = {"threads": "PINGTOP_THREADS", "memory_limit": "PINGTOP_MEMORY_LIMIT"}


class RunError(Exception):
    """A measured program that failed; the text ends with its last lines."""


@dataclass(frozen=True)
class Size:
    """How much data."""

    events: int
    users: int
    pings: int


@dataclass(frozen=True)
class Usage:
    """What a program took, its children included."""

    wall_seconds: float
    user_seconds: float
    system_seconds: float
    # Highest sum of resident memory over the tree, sampled; null where there is no /proc. Memory
    # that processes share counts once for each.
    peak_tree_bytes: int | None
    # Highest resident memory of any one process of the tree, as the system reports it.
    max_rss_bytes: int

    @property
    def cpu_seconds(self) -> float:
        """User and system time together."""
        return self.user_seconds + self.system_seconds

    @property
    def peak_bytes(self) -> int:
        """The higher of both: short peaks fall between two samples."""
        return max(self.peak_tree_bytes or 0, self.max_rss_bytes)

    def as_record(self) -> dict[str, Any]:
        """Everything, for the report."""
        return asdict(self) | {"cpu_seconds": self.cpu_seconds, "peak_bytes": self.peak_bytes}


# --- Measuring a program --------------------------------------------------------------------------


def processes() -> Iterator[tuple[int, int]]:
    """Every process of this machine with its parent."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                stat = Path(entry.path, "stat").read_text(errors="replace")
            except OSError:
                continue  # it has just ended
            # The name, in brackets, may hold anything; the state and the parent follow it.
            yield int(entry.name), int(stat.rpartition(")")[2].split()[1])


def tree(root: int, parents: Mapping[int, int]) -> set[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for process, parent in parents.items():
        children.setdefault(parent, []).append(process)
    found, waiting = set(), [root]
    while waiting:
        process = waiting.pop()
        found.add(process)
        waiting += children.get(process, [])
    return found


def resident_bytes(process: int) -> int:
    """Resident memory of a process; 0 where it has ended."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class TreeSampler:
    """Watches the memory of a tree of processes from a thread."""

    def __init__(self, root: int) -> None:
        """Begin to watch at once."""
        self.root = root
        self.peak_bytes = 0
        self._done = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.is_set():
            members = tree(self.root, dict(processes()))
            self.peak_bytes = max(self.peak_bytes, sum(map(resident_bytes, members)))
            self._done.wait(SAMPLE_SECONDS)

    def stop(self) -> int:
        """End watching; the result is the highest sum seen."""
        self._done.set()
        self._thread.join()
        return self.peak_bytes


def measure(
    name: str, command: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path
) -> Usage:
    """Run a program with its output in a file; its failure is a RunError."""
    began = time.perf_counter()
    with log.open("w") as output:
        # A session of its own, so that a stop reaches its children too.
        child = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=dict(environment), cwd=folder, start_new_session=True,
        )  # fmt: skip
    sampler = TreeSampler(child.pid) if Path("/proc/self/statm").exists() else None
    try:
        _, status, usage = os.wait4(child.pid, 0)
    except BaseException:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        raise
    finally:
        peak = sampler.stop() if sampler else None
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        lines = log.read_text(errors="replace").rstrip().splitlines()[-LAST_LINES:]
        failure = f"{name} failed with exit code {child.returncode}; its last lines:"
        raise RunError("\n".join([failure, *lines]))
    return Usage(
        wall_seconds=wall,
        user_seconds=usage.ru_utime,
        system_seconds=usage.ru_stime,
        peak_tree_bytes=peak,
        # Linux counts in KiB, macOS in bytes.
        max_rss_bytes=usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    )


# --- The three programs ---------------------------------------------------------------------------


def find_dbt() -> str:
    """The dbt of this Python, or else of the PATH."""
    beside = Path(sys.executable).parent / "dbt"
    found = str(beside) if beside.exists() else shutil.which("dbt")
    if not found:
        raise InputError("dbt is not installed: install the project's requirements first.")
    return found


def shared_settings(project: Path, given: Mapping[str, str | None]) -> dict[str, str]:
    """Threads and memory limit of the build: as asked for, else as in the environment or profile.

    The one pass gets the same ones, so they must be known; what nothing names is DuckDB's default.
    """
    profile = project / "profiles.yml"
    text = profile.read_text() if profile.exists() else ""
    settings = {}
    for name, variable in SETTINGS.items():
        default = re.search(rf"""env_var\(\s*['"]{variable}['"]\s*,\s*['"]?([^'")]+)""", text)
        value = given[name] or os.environ.get(variable) or (default and default.group(1).strip())
        if value:
            settings[name] = value
    return settings


def run_one_pass(data: Path, work: Path, settings: Mapping[str, str]) -> tuple[Usage, int]:
    """Run the first yardstick; the number is that of the distinct pairs, dirt included."""
    options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    script, log = SCRIPTS / "benchmark_one_pass.py", work / "one_pass.log"
    command = [sys.executable, str(script), str(data), str(work / "one_pass.duckdb"), *options]
    command.append(f"--temp-directory={work / 'one_pass_spill'}")
    usage = measure("the one pass", command, log, os.environ, work)
    return usage, int(log.read_text().split()[-1])


@dataclass(frozen=True)
class Build:
    """One `dbt build`."""

    usage: Usage
    model_seconds: dict[str, float]
    test_seconds: float
    other_seconds: float
    database_bytes: int


def run_build(
    dbt: str, project: Path, data: Path, work: Path, settings: Mapping[str, str]
) -> Build:
    """Build the whole project on the data, into a new database and a new target folder."""
    database, target = work / "pingtop.duckdb", work / "target"
    environment = os.environ | {
        "PINGTOP_DATABASE": str(database),
        "PINGTOP_RAW_LOCATION": str(data),
        "PINGTOP_TEMP_DIRECTORY": str(work / "build_spill"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        **{SETTINGS[name]: value for name, value in settings.items()},
    }
    command = [dbt, "build", "--project-dir", str(project), "--target-path", str(target)]
    if (project / "profiles.yml").exists():
        command += ["--profiles-dir", str(project)]
    command += ["--log-path", str(work / "logs"), "--no-use-colors"]
    usage = measure("dbt build", command, work / "build.log", environment, project)
    results = json.loads((target / "run_results.json").read_text())["results"]
    seconds: dict[str, dict[str, float]] = {"model": {}, "test": {}}
    for result in results:
        kind, _, name = result["unique_id"].split(".", 2)
        seconds.setdefault(kind, {})[name] = float(result["execution_time"])
    models, tests = seconds.pop("model"), seconds.pop("test")
    tests |= seconds.pop("unit_test", {})
    return Build(
        usage=usage,
        model_seconds=models,
        test_seconds=sum(tests.values()),
        other_seconds=sum(sum(times.values()) for times in seconds.values()),
        database_bytes=database.stat().st_size if database.exists() else 0,
    )


def run_pandas(data: Path, work: Path, sample: int) -> tuple[Usage, dict[str, Any]]:
    """Run the second yardstick; the sample's lists are left in the work folder."""
    script, log = SCRIPTS / "benchmark_pandas.py", work / "pandas.log"
    command = [sys.executable, "-W", "ignore", str(script), str(data), f"--sample={sample}"]
    command.append(f"--lists={work / 'lists.parquet'}")
    usage = measure("pandas", command, log, os.environ, work)
    return usage, json.loads(log.read_text())


def extrapolated(usage: Usage, report: Mapping[str, Any]) -> dict[str, float]:
    """Seconds of the pandas pipeline with lists for all users: those of the sample, scaled up."""
    listing = report["stages"][-1]
    more = report["users"] / report["sampled_users"] - 1
    return {
        "wall_seconds": usage.wall_seconds + more * listing["wall_seconds"],
        "cpu_seconds": usage.cpu_seconds + more * listing["cpu_seconds"],
    }


# --- Do they agree? -------------------------------------------------------------------------------


def count_different_lists(built: pd.DataFrame, expected: pd.DataFrame) -> int:
    """Users whose lists differ in a ping, a rank or (beyond rounding) a score."""
    both = expected.merge(built, on=["user_id", "rank"], how="outer", suffixes=("", "_built"))
    far = (both["score"] - both["score_built"]).abs() > SCORE_TOLERANCE
    different = (both["ping_id"] != both["ping_id_built"]) | far | both["score_built"].isna()
    return int(both.loc[different, "user_id"].nunique())


def compare(work: Path, report: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the build and pandas found in the same files; None where the build has no lists."""
    lists = pd.read_parquet(work / "lists.parquet", columns=["user_id", "rank", "ping_id", "score"])
    with duckdb.connect(str(work / "pingtop.duckdb"), read_only=True) as connection:
        tables = {row[0] for row in connection.execute("show tables").fetchall()}
        if not {"recommendations", "interactions", "user_ping_engagement"} <= tables:
            return None
        connection.register("sampled", lists[["user_id"]].drop_duplicates())
        built = connection.execute(
            'select user_id, "rank", ping_id, score from recommendations'
            " where user_id in (select user_id from sampled)"
        ).df()
        accepted, pairs = (
            connection.execute(f"select count(*) from {name}").fetchall()[0][0]
            for name in ("interactions", "user_ping_engagement")
        )
    return {
        "accepted_events": {"build": accepted, "pandas": report["outcomes"]["accepted"]},
        "pairs": {"build": pairs, "pandas": report["pairs"]},
        "lists_compared": int(lists["user_id"].nunique()),
        "lists_different": count_different_lists(built, lists),
    }


def agrees(comparison: Mapping[str, Any]) -> bool:
    """Whether the build and pandas found the same."""
    counts = (comparison["accepted_events"], comparison["pairs"])
    same = all(count["build"] == count["pandas"] for count in counts)
    return same and not comparison["lists_different"]


# --- One size after the other ---------------------------------------------------------------------


def median_usage(usages: Sequence[Usage]) -> Usage:
    """The median of each measure."""

    fields: dict[str, Any] = {}
    for name in Usage.__dataclass_fields__:
        values = [getattr(usage, name) for usage in usages]
        fields[name] = None if None in values else statistics.median(values)
    return Usage(**fields)


def median_by_name(records: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each entry."""
    return {name: statistics.median(record[name] for record in records) for name in records[0]}


def size_of(data: Path) -> Size:
    """How much data a folder holds, from the files' footers."""
    if not (data / "users.parquet").exists() or not (data / "pings.parquet").exists():
        raise InputError(f"{data} has no users.parquet and pings.parquet: name a generated folder.")
    files = interaction_files(data)
    if not files:
        raise InputError(f"{data} has no interactions as Parquet.")
    return Size(
        events=sum(pq.read_metadata(path).num_rows for path in files),
        users=pq.read_metadata(data / "users.parquet").num_rows,
        pings=pq.read_metadata(data / "pings.parquet").num_rows,
    )


def growth(events: Sequence[int], seconds: Sequence[float]) -> float | None:
    """The exponent b of seconds = a * events ** b, by least squares of the logarithms."""
    if len(set(events)) < 2 or min(seconds) <= 0:
        return None
    slope, _ = np.polyfit(np.log(events), np.log(seconds), 1)
    return float(slope)


@dataclass(frozen=True)
class Options:
    """What to measure and how."""

    dbt: str
    project: Path
    settings: dict[str, str]
    repeat: int
    with_pandas: bool
    sample: int


def benchmark(data: Path, work: Path, options: Options, progress: Progress) -> dict[str, Any]:
    """Measure one folder of data; repeated measures become medians."""
    size = size_of(data)
    programs = 2 + options.with_pandas
    task = progress.add_task(f"{size.events:,} events", total=programs * options.repeat)
    passes, builds, pandas_runs = [], [], []
    comparison: dict[str, Any] | None = None
    pandas_failure: str | None = None
    n_pairs = 0
    for number in range(options.repeat):
        # A new folder for each repetition: every one starts from nothing.
        place = work / f"run_{number}"
        place.mkdir(parents=True)

        def step(name: str, repetition: int = number) -> None:
            label = f"{size.events:,} events, run {repetition + 1}: {name}"
            progress.update(task, description=label)

        step("one pass")
        usage, n_pairs = run_one_pass(data, place, options.settings)
        passes.append(usage)
        progress.advance(task)
        step("dbt build")
        builds.append(run_build(options.dbt, options.project, data, place, options.settings))
        progress.advance(task)
        if options.with_pandas and pandas_failure is None:
            step("pandas")
            try:
                pandas_runs.append(run_pandas(data, place, options.sample))
                comparison = comparison or compare(place, pandas_runs[-1][1])
            except RunError as failure:
                # It needs much more memory than the build, whose numbers must not be lost with it.
                pandas_failure = str(failure)
        progress.advance(task, int(options.with_pandas))
        shutil.rmtree(place)
    progress.update(task, description=f"{size.events:,} events: done")

    one_pass = median_usage(passes)
    build = median_usage([run.usage for run in builds])
    models = median_by_name([run.model_seconds for run in builds])
    result: dict[str, Any] = {
        "data": asdict(size) | {"distinct_pairs": n_pairs},
        "one_pass": one_pass.as_record(),
        "build": build.as_record()
        | {
            "cpu_per_one_pass": build.cpu_seconds / one_pass.cpu_seconds,
            "wall_per_one_pass": build.wall_seconds / one_pass.wall_seconds,
            "database_bytes": builds[-1].database_bytes,
            "models_seconds": sum(models.values()),
            "tests_seconds": statistics.median(run.test_seconds for run in builds),
            "other_seconds": statistics.median(run.other_seconds for run in builds),
            "seconds_by_model": dict(sorted(models.items(), key=lambda model: -model[1])),
        },
    }
    if pandas_failure:
        result["pandas_failure"] = pandas_failure
    elif pandas_runs:
        pandas = median_usage([usage for usage, _ in pandas_runs])
        totals = median_by_name([extrapolated(*run) for run in pandas_runs])
        report = pandas_runs[-1][1]
        result["pandas"] = pandas.as_record() | {
            "sampled_users": report["sampled_users"],
            "users": report["users"],
            "stages": report["stages"],
            "extrapolated_to_all_users": totals
            | {"cpu_per_one_pass": totals["cpu_seconds"] / one_pass.cpu_seconds},
        }
        result["agreement"] = comparison
    return result


def growth_exponents(sizes: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """How each cost grows with the number of events."""
    events = [size["data"]["events"] for size in sizes]
    series = {
        "one_pass_cpu": [size["one_pass"]["cpu_seconds"] for size in sizes],
        "build_cpu": [size["build"]["cpu_seconds"] for size in sizes],
        # dbt's own start is the same at every size and makes small builds dear: the seconds inside
        # the models show the growth without it.
        "build_models_wall": [size["build"]["models_seconds"] for size in sizes],
    }
    if all("pandas" in size for size in sizes):
        totals = [size["pandas"]["extrapolated_to_all_users"] for size in sizes]
        series["pandas_extrapolated_cpu"] = [total["cpu_seconds"] for total in totals]
    return {name: growth(events, seconds) for name, seconds in series.items()}


# --- The report -----------------------------------------------------------------------------------


def usage_row(
    name: str, usage: Mapping[str, float], one_pass: Mapping[str, float]
) -> tuple[str, ...]:
    """One program as a line of the table."""
    peak = usage.get("peak_bytes")
    return (
        name,
        f"{usage['wall_seconds']:,.1f}",
        f"{usage['cpu_seconds']:,.1f}",
        f"{usage['cpu_seconds'] / one_pass['cpu_seconds']:,.1f}",
        "" if peak is None else f"{peak / GIB:.2f}",
    )


def size_table(result: Mapping[str, Any]) -> Table:
    """The programs of one size."""
    data = result["data"]
    table = Table(
        title=f"{data['events']:,} events, {data['users']:,} users, {data['pings']:,} pings, "
        f"{data['distinct_pairs']:,} pairs",
        title_justify="left",
    )
    table.add_column("program", no_wrap=True)
    for heading in ("wall s", "CPU s", "x one pass", "peak GiB"):
        table.add_column(heading, justify="right")
    one_pass = result["one_pass"]
    table.add_row(*usage_row("one pass", one_pass, one_pass))
    table.add_row(*usage_row("dbt build", result["build"], one_pass))
    if "pandas" in result:
        pandas = result["pandas"]
        sampled = f"pandas, {pandas['sampled_users']:,} of {pandas['users']:,} lists"
        table.add_row(*usage_row(sampled, pandas, one_pass))
        total = pandas["extrapolated_to_all_users"]
        table.add_row(*usage_row("pandas, extrapolated to all lists", total, one_pass))
    return table


def models_table(result: Mapping[str, Any]) -> Table:
    """The slowest models of one size."""
    build = result["build"]
    models = build["seconds_by_model"]
    total = build["models_seconds"]
    table = Table(title="slowest models", title_justify="left")
    table.add_column("model", no_wrap=True)
    table.add_column("wall s", justify="right")
    table.add_column("share", justify="right")
    for name, seconds in list(models.items())[:MODELS_SHOWN]:
        table.add_row(name, f"{seconds:,.2f}", f"{seconds / total:.0%}" if total else "")
    rest = sum(list(models.values())[MODELS_SHOWN:])
    if len(models) > MODELS_SHOWN:
        table.add_row(f"{len(models) - MODELS_SHOWN} more", f"{rest:,.2f}", f"{rest / total:.0%}")
    table.add_section()
    table.add_row("all models", f"{total:,.2f}", "")
    table.add_row("all tests", f"{build['tests_seconds']:,.2f}", "")
    table.add_row("seeds, hooks and others", f"{build['other_seconds']:,.2f}", "")
    return table


def growth_table(exponents: Mapping[str, float | None], sizes: Sequence[int]) -> Table:
    """The growth exponents."""
    table = Table(
        title=f"growth of cost as events ^ exponent, {min(sizes):,} to {max(sizes):,} events",
        title_justify="left",
    )
    table.add_column("cost")
    table.add_column("exponent", justify="right")
    labels = {
        "one_pass_cpu": "one pass, CPU",
        "build_cpu": "dbt build, CPU",
        "build_models_wall": "dbt build, wall seconds inside the models",
        "pandas_extrapolated_cpu": "pandas (extrapolated), CPU",
    }
    for name, exponent in exponents.items():
        table.add_row(labels[name], "" if exponent is None else f"{exponent:.2f}")
    return table


def agreement_line(result: Mapping[str, Any]) -> str:
    """In words, whether the build and pandas found the same."""
    comparison = result.get("agreement")
    if comparison is None:
        return "The build has no lists to compare with those of pandas."
    compared = comparison["lists_compared"]
    if agrees(comparison):
        return f"The build and pandas agree: accepted events, pairs, and {compared:,} lists."
    accepted, pairs = comparison["accepted_events"], comparison["pairs"]
    return (
        f"WARNING: the build and pandas differ: {accepted['build']:,} and {accepted['pandas']:,} "
        f"accepted events, {pairs['build']:,} and {pairs['pandas']:,} pairs, "
        f"{comparison['lists_different']:,} of {compared:,} lists are not the same."
    )


def print_report(report: Mapping[str, Any], console: Console) -> None:
    """Show the report as tables."""
    settings = ", ".join(f"{name} {value}" for name, value in report["settings"].items())
    host = report["machine"]
    console.print(
        f"{host['cores']} cores, {host['memory_bytes'] / GIB:.0f} GiB of memory; "
        f"DuckDB {host['duckdb']}, {settings or 'its own settings'}; "
        + (f"medians of {report['repeat']} runs" if report["repeat"] > 1 else "one run")
    )
    for result in report["sizes"]:
        console.print(size_table(result))
        if "pandas" in result:
            console.print(agreement_line(result))
        if "pandas_failure" in result:
            console.print(result["pandas_failure"], markup=False)
    console.print(models_table(report["sizes"][-1]))
    if len(report["sizes"]) > 1:
        events = [result["data"]["events"] for result in report["sizes"]]
        console.print(growth_table(report["growth_exponents"], events))


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "load_average": os.getloadavg()[0],
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "pandas": pd.__version__,
    }


# --- The command ----------------------------------------------------------------------------------


def parser() -> Parser:
    """Build the command line."""
    command = Parser(
        prog="benchmark",
        allow_abbrev=False,
        description="Measure the full dbt build against one group by user_id, ping_id over the raw "
        "events, and against the core of the pipeline in pandas, on the same generated files.",
        epilog="The seconds of the build include dbt's own start and a full parse. Other work on "
        "the machine lengthens wall seconds much and CPU seconds little.",
    )
    data = command.add_argument_group("data")
    data.add_argument(
        "--events", type=whole_number, default=200_000, metavar="N",
        help="rows of the interactions: %(default)s",
    )  # fmt: skip
    data.add_argument(
        "--sizes", type=whole_number, nargs="+", metavar="N",
        help="several numbers of events instead, for the growth exponent",
    )  # fmt: skip
    data.add_argument(
        "--users", type=whole_number, metavar="N",
        help=f"users at the largest size, fewer in proportion at smaller ones; by default one for "
        f"every {EVENTS_PER_USER} events",
    )  # fmt: skip
    data.add_argument(
        "--pings", type=whole_number, metavar="N",
        help=f"pings, likewise; by default one for every {EVENTS_PER_PING} events",
    )  # fmt: skip
    data.add_argument("--days", type=whole_number, default=30, metavar="N", help="%(default)s")
    data.add_argument("--seed", type=whole_number, default=1, metavar="N", help="%(default)s")
    data.add_argument(
        "--dirt", type=share_of_rows, default=0.002, metavar="SHARE", help="%(default)s"
    )
    data.add_argument(
        "--repeats", type=share_of_rows, default=0.01, metavar="SHARE", help="%(default)s"
    )
    data.add_argument(
        "--data", type=Path, nargs="+", metavar="DIR",
        help="folders that generate_data.py has written, instead of new data",
    )  # fmt: skip
    what = command.add_argument_group("measuring")
    what.add_argument(
        "--repeat", type=whole_number, default=1, metavar="N",
        help="measure so many times and report the medians: %(default)s",
    )  # fmt: skip
    what.add_argument("--no-pandas", action="store_true", help="leave the pandas yardstick out")
    what.add_argument(
        "--sample", type=whole_number, default=1_000, metavar="N",
        help="users whose lists pandas makes; the cost for all is extrapolated: %(default)s",
    )  # fmt: skip
    what.add_argument(
        "--threads", metavar="N", help="DuckDB's threads; by default those of the environment "
        "(PINGTOP_THREADS) or of the profile",
    )  # fmt: skip
    what.add_argument(
        "--memory-limit", metavar="SIZE", help="DuckDB's memory limit, such as 4GB; likewise",
    )  # fmt: skip
    what.add_argument(
        "--project-dir", type=Path, default=SCRIPTS.parent, metavar="DIR",
        help="the dbt project: this one by default",
    )  # fmt: skip
    files = command.add_argument_group("files")
    files.add_argument(
        "--work-dir", type=Path, metavar="DIR",
        help="where data and databases are kept while it runs: benchmark/ in the project",
    )  # fmt: skip
    files.add_argument(
        "--output", type=Path, metavar="FILE",
        help="the report as JSON: benchmark.json in the work folder",
    )  # fmt: skip
    files.add_argument("--keep", action="store_true", help="keep the generated data")
    files.add_argument("--quiet", action="store_true", help="no progress bar")
    return command


def plans(given: argparse.Namespace) -> list[generate_data.Plan]:
    """The data to generate: one plan for each size, smallest first."""
    sizes = sorted(set(given.sizes or [given.events]))
    found = []
    for events in sizes:
        share = events / sizes[-1] if sizes[-1] > 0 else 1
        users, pings = (
            max(1, events // each) if total is None else math.ceil(total * share)
            for total, each in ((given.users, EVENTS_PER_USER), (given.pings, EVENTS_PER_PING))
        )
        arguments = {"events": events, "users": users, "pings": pings}
        for name in ("days", "seed", "dirt", "repeats"):
            arguments[name] = getattr(given, name)
        texts = [f"--{name}={value}" for name, value in arguments.items()]
        found.append(generate_data.check(generate_data.parser().parse_args([*texts, "--output=."])))
    return found


def check(given: argparse.Namespace) -> Options:
    """Options as checked, before anything is generated."""
    if not 1 <= given.repeat <= MAX_REPEATS:
        raise InputError(f"--repeat must be between 1 and {MAX_REPEATS}, not {given.repeat}.")
    if given.sample < 1:
        raise InputError(f"--sample must be 1 or more, not {given.sample}.")
    if given.data and given.sizes:
        raise InputError("--data and --sizes exclude each other: the folders have their sizes.")
    project = given.project_dir.resolve()
    if not (project / "dbt_project.yml").exists():
        raise InputError(f"{given.project_dir} is no dbt project: it has no dbt_project.yml.")
    settings = shared_settings(
        project, {"threads": given.threads, "memory_limit": given.memory_limit}
    )
    try:
        duckdb.connect(config=dict(settings)).close()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"DuckDB refuses --threads or --memory-limit: {reason}") from None
    return Options(
        dbt=find_dbt(),
        project=project,
        settings=settings,
        repeat=given.repeat,
        with_pandas=not given.no_pandas,
        sample=given.sample,
    )


@contextmanager
def work_folder(parent: Path, keep: bool) -> Iterator[Path]:
    """Give a new folder that is gone afterwards, unless it is to be kept."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=parent.resolve()))
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def run(given: argparse.Namespace, errors: Console) -> dict[str, Any]:
    """Measure all sizes; the result is the report."""
    options = check(given)
    to_generate = [] if given.data else plans(given)
    folders = [path.resolve() for path in given.data or []]
    for folder in folders:
        size_of(folder)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    results = []
    with (
        work_folder(given.work_dir or options.project / "benchmark", given.keep) as work,
        Progress(*columns, console=errors, disable=given.quiet) as progress,
    ):
        for plan in to_generate:
            task = progress.add_task(f"{plan.events:,} events: generate", total=plan.events)
            folder = work / f"data_{plan.events}"
            generate_data.generate(plan, folder, GENERATOR_JOBS, partial(progress.advance, task))
            folders.append(folder)
        for number, folder in enumerate(folders):
            results.append(benchmark(folder, work / f"size_{number}", options, progress))
    results.sort(key=lambda result: result["data"]["events"])
    return {
        "machine": machine(),
        "settings": options.settings,
        "repeat": options.repeat,
        "sizes": results,
        "growth_exponents": growth_exponents(results),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    errors = Console(stderr=True, highlight=False)
    try:
        report = run(given, errors)
        output = (
            given.output or (given.work_dir or given.project_dir / "benchmark") / "benchmark.json"
        )
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(report, indent=2) + "\n")
    except (InputError, RunError) as error:
        errors.print(f"benchmark: {error}", soft_wrap=True, markup=False)
        return 2
    except OSError as error:
        errors.print(f"benchmark: {error}", soft_wrap=True, markup=False)
        return 1
    except KeyboardInterrupt:
        errors.print("benchmark: stopped.")
        return 130
    console = Console(highlight=False)
    print_report(report, console)
    console.print(f"The same as JSON: {output}", soft_wrap=True, markup=False)
    return 0


if __name__ == "__main__":
    # So that a program that is being measured never outlives this one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
