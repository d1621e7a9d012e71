"""What a build costs on a warehouse that is there already, beside a build from nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq
from rich.progress import Progress

from benchmarks.log_parts import cut_by_time
from benchmarks.sizes import Options, median_by_name, median_usage, size_of
from benchmarks.warehouse_site import NodeBuild, Site, selectors

FULL, DAILY, HOURLY = "full", "daily", "hourly"


@dataclass(frozen=True)
class Cut:
    """Into how many parts the log is cut, and how many of them come one by one for the growth."""

    parts: int
    daily_builds: int


def as_record(builds: Sequence[NodeBuild]) -> dict[str, Any]:
    """The medians of the same build, for the report."""
    models = median_by_name([build.model_cpu for build in builds])
    return median_usage([build.usage for build in builds]).as_record() | {
        "models_cpu_seconds": sum(models.values()),
        "other_cpu_seconds": median(build.other_cpu for build in builds),
        "rows_read": builds[-1].rows_read,
        "database_bytes": builds[-1].database_bytes,
        "cpu_seconds_by_model": dict(sorted(models.items(), key=lambda model: -model[1])),
    }


def ratios(builds: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """What the daily and the hourly build take as a share of the full one."""
    names = ("models_cpu_seconds", "cpu_seconds", "wall_seconds", "peak_bytes", "database_bytes")
    return {
        kind: {name: builds[kind][name] / builds[FULL][name] for name in names}
        for kind in (DAILY, HOURLY)
        if kind in builds
    }


def measure_growth(
    site: Site, parts: Sequence[Path], n_builds: int, daily: list[str], step: Callable[[str], None]
) -> list[int]:
    """The size of the warehouse's file before and after each of so many daily builds."""
    site.empty()
    site.add(parts[:-n_builds])
    step("build all but the parts of the daily builds")
    sizes = [site.build("first").database_bytes]
    for number, part in enumerate(parts[-n_builds:], start=1):
        step(f"daily build {number} of {n_builds}")
        site.add([part])
        sizes.append(site.build(DAILY, *daily).database_bytes)
    return sizes


def benchmark_incremental(
    log: Path, work: Path, options: Options, cut: Cut, progress: Progress
) -> dict[str, Any]:
    """Measure one log; the builds that are repeated become medians."""
    size = size_of(log)
    known = selectors(options.project)
    kinds = [FULL, DAILY, *([HOURLY] if HOURLY in known else [])]
    arguments = {
        kind: ["--selector", kind] if kind in known and kind != FULL else [] for kind in kinds
    }
    growing = 1 + cut.daily_builds if cut.daily_builds else 0
    task = progress.add_task("", total=2 + len(kinds) * options.repeat + growing)

    def step(name: str, done: int = 1) -> None:
        progress.update(task, description=f"{size.events:,} events: {name}", advance=done)

    step("cut the log", 0)
    parts = cut_by_time(log, work / "parts", cut.parts, options.settings)
    site, base = Site(log, work, options.project, options.settings), work / "base.duckdb"

    step("build all but the last part")
    site.add(parts[:-1])
    runs = {"base": [site.build("base")]}
    site.keep(base)
    site.add(parts[-1:])
    for number in range(options.repeat):
        for kind in kinds:
            step(f"{kind} build, run {number + 1}")
            if kind == FULL:
                site.drop()
            else:
                site.restore(base)
            runs.setdefault(kind, []).append(site.build(kind, *arguments[kind]))
    base.unlink()

    builds = {kind: as_record(found) for kind, found in runs.items()}
    new_events = pq.read_metadata(parts[-1]).num_rows
    result: dict[str, Any] = {
        "data": asdict(size) | {"parts": cut.parts, "new_events": new_events},
        "arguments": arguments,
        "builds": builds,
        "ratios": ratios(builds),
    }
    if cut.daily_builds:
        sizes = measure_growth(site, parts, cut.daily_builds, arguments[DAILY], step)
        fresh = builds[FULL]["database_bytes"]
        result["growth"] = {
            "database_bytes": sizes,
            "fresh_database_bytes": fresh,
            "ratio": sizes[-1] / fresh,
        }
    shutil.rmtree(work)
    step("done")
    return result
