"""The three programs that are measured: the one pass, the build and pandas."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import Usage, measure
from common import SCRIPTS, InputError, dbt_program

# The environment's names for the settings that the build and the one pass share.
SETTINGS = {"threads": "PINGTOP_THREADS", "memory_limit": "PINGTOP_MEMORY_LIMIT"}


def find_dbt() -> str:
    """The dbt that is measured."""
    found = dbt_program()
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


def dbt_environment(
    data: Path, database: Path, spill: Path, settings: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a build of this data into this database."""
    return os.environ | {
        "PINGTOP_DATABASE": str(database),
        "PINGTOP_RAW_LOCATION": str(data),
        "PINGTOP_TEMP_DIRECTORY": str(spill),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        **{SETTINGS[name]: value for name, value in settings.items()},
    }


def dbt_places(project: Path, work: Path) -> list[str]:
    """The options of a build that say where the project is, and where dbt's own files go."""
    places = ["--project-dir", str(project), "--target-path", str(work / "target")]
    if (project / "profiles.yml").exists():
        places += ["--profiles-dir", str(project)]
    return [*places, "--log-path", str(work / "logs"), "--no-use-colors"]


def run_build(
    dbt: str, project: Path, data: Path, work: Path, settings: Mapping[str, str]
) -> Build:
    """Build the whole project on the data, into a new database and a new target folder."""
    database, target = work / "pingtop.duckdb", work / "target"
    environment = dbt_environment(data, database, work / "build_spill", settings)
    command = [dbt, "build", *dbt_places(project, work)]
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
