"""The metrics of dbt's semantic layer give the numbers of the marts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from warehouse import PROJECT, Warehouse

METRICS = [
    "watch_through_rate",
    "engagement_per_impression",
    "no_view_24h_rate",
    "median_seconds_to_first_engagement",
    "views",
    "watched_through_views",
    "impressions",
    "engagements",
    "impressions_without_view_24h",
]
COUNTS = METRICS[4:]


@pytest.fixture(scope="module")
def project(demo: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the demo's target folder: `mf` looks for that nowhere else."""
    folder = tmp_path_factory.mktemp("project")
    for path in PROJECT.iterdir():
        if path.name not in ("target", "logs") and not path.name.startswith("."):
            (folder / path.name).symlink_to(path)
    (folder / "target").symlink_to(demo.target)
    return folder


def mf(project: Path, warehouse: Warehouse, *arguments: str) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("mf")), *arguments],
        cwd=project,
        env=os.environ
        | {
            "DBT_PROFILES_DIR": str(project),
            "DBT_PROJECT_DIR": str(project),
            "DBT_TARGET_PATH": str(warehouse.target),
            "DBT_LOG_PATH": str(warehouse.target),
            "PINGTOP_DATABASE": str(warehouse.database),
            "PINGTOP_RAW_LOCATION": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout + done.stderr


def answer(project: Path, warehouse: Warehouse, folder: Path, *group_by: str) -> pd.DataFrame:
    path = folder / "answer.csv"
    grouped = ["--group-by", ",".join(group_by)] if group_by else []
    mf(project, warehouse, "query", "--metrics", ",".join(METRICS), *grouped, "--csv", str(path))
    return pd.read_csv(path, keep_default_na=False, na_values=["", "None", "nan"])


def test_the_configuration_is_valid_and_fits_the_warehouse(project: Path, demo: Warehouse) -> None:
    printed = mf(project, demo, "validate-configs")
    for checked in ("the semantics of built manifest", "measures against", "metrics against"):
        [line] = [line for line in printed.splitlines() if f"validated {checked}" in line]
        assert "(ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0)" in line


def test_without_a_filter_the_metrics_are_those_of_all_events(
    project: Path, demo: Warehouse, tmp_path: Path
) -> None:
    found = answer(project, demo, tmp_path)
    health = demo.query(
        f"""
        select {", ".join(METRICS)} from recommender_health
        where segment = 'all' and time_window = 'all'
        """
    )
    assert found["views"].tolist() == [262]
    pd.testing.assert_frame_equal(
        found[METRICS].astype("float64"), health.astype("float64"), rtol=1e-12
    )


def test_by_day_and_cohort_the_metrics_are_those_of_the_daily_mart(
    project: Path, demo: Warehouse, tmp_path: Path
) -> None:
    found = answer(project, demo, tmp_path, "metric_time__day", "cohort")
    found = found.rename(columns={"metric_time__day": "date", "cohort": "segment"})
    daily = demo.query("from recommender_health_daily where segment <> 'all'")
    assert len(daily) > 30
    assert set(daily["segment"]) == {"new", "existing"}
    comparable = []
    for table in (found, daily):
        days = table.assign(date=pd.to_datetime(table["date"]).dt.date)
        days = days.set_index(["date", "segment"])[METRICS].astype("float64").sort_index()
        # MetricFlow knows no count where no row is, the mart counts 0
        comparable.append(days.fillna(dict.fromkeys(COUNTS, 0.0)))
    pd.testing.assert_frame_equal(comparable[0], comparable[1], rtol=1e-12)
