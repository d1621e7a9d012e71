"""Publishes warehouses in tests, by the same program that a user runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
from warehouse import PROJECT, Warehouse

PROGRAM = PROJECT / "scripts" / "publish.py"
STRATEGIES = ("heuristic", "popular", "trending", "random", "a strategy of tomorrow")


def publish(
    warehouse: Warehouse, releases: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROGRAM), "--database", str(warehouse.database)]
    command += ["--target", str(warehouse.target), "--releases", str(releases), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def copied(warehouse: Warehouse, folder: Path) -> Warehouse:
    """A copy that a test may change, with what dbt has written of its run, where it has."""
    copy = Warehouse(folder)
    shutil.copy(warehouse.database, copy.database)
    copy.target.mkdir()
    for name in ("run_results.json", "manifest.json"):
        if (warehouse.target / name).exists():
            shutil.copy(warehouse.target / name, copy.target / name)
    return copy


def recorded_value(value: float, place: int, k: int, day: int) -> float:
    """What record_evaluation records, another number for every strategy, K and cutoff."""
    return value - 0.03125 * place + k / 512 + day / 1024


def recorded_hitrate(strategy: str, strategies: Sequence[str] = STRATEGIES) -> float:
    """The HitRate@10 of the newest cutoff that record_evaluation records."""
    return recorded_value(0.5, strategies.index(strategy), 10, 19)


def record_evaluation(warehouse: Warehouse, strategies: Sequence[str] = STRATEGIES) -> None:
    """Records what scripts/evaluate.py would: two cutoffs, five strategies or those given."""
    with duckdb.connect(str(warehouse.database)) as connection:
        [(settings,)] = connection.execute("select settings from raw.intake_plan").fetchall()
        log_source = json.loads(settings)["the raw location"]
        for day in (13, 19):
            for place, strategy in enumerate(strategies):
                for k in (5, 10):
                    for metric, value in (("ndcg", 0.2), ("hit_rate", 0.5), ("novelty", 3.0)):
                        found = recorded_value(value, place, k, day)
                        connection.execute(
                            """
                            insert into intermediate.int_recorded_evaluations values (
                                ?, timestamp '2024-03-01 12:00:00', ?, ?, ?, 'all',
                                ?, ?, ?, ?, ?, 23
                            )
                            """,
                            [
                                log_source,
                                f"2024-02-{day} 00:00:00",
                                f"2024-02-{day + 6} 00:00:00",
                                strategy,
                                k,
                                metric,
                                found,
                                found - 0.0625,
                                found + 0.0625,
                            ],
                        )
