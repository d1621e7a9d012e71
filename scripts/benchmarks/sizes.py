"""One size of data after the other: what each program took, as records."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from rich.progress import Progress

from benchmarks.agreement import compare
from benchmarks.measuring import RunError, Usage
from benchmarks.one_pass import interaction_files
from benchmarks.programs import extrapolated, run_build, run_one_pass, run_pandas
from common import InputError


@dataclass(frozen=True)
class Size:
    """How much data."""

    events: int
    users: int
    pings: int


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
