"""Builds on an existing warehouse, measured on a project of two models and a tiny log."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import benchmark
import duckdb
import generate_data
import pytest
from rich.console import Console

from benchmarks.incremental_report import print_incremental
from benchmarks.log_parts import cut_by_time
from common import OK, InputError

EVENTS = 2_000
PARTS = 4
DAILY_BUILDS = 1
PROJECT = {
    "dbt_project.yml": "name: tiny\nprofile: tiny\n",
    "profiles.yml": """
tiny:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, threads: 1, path: "{{ env_var('PINGTOP_DATABASE') }}"}
""",
    "selectors.yml": """
selectors:
  - {name: daily, definition: {method: fqn, value: "*"}}
  - {name: hourly, definition: {method: fqn, value: intake_files}}
""",
    "models/intake_files.sql": """
{{ config(materialized='incremental') }}
select
    'interactions' as source_table,
    filename as path,
    {% if is_incremental() %}(select max(batch_number) + 1 from {{ this }}){% else %}1{% endif %}
        as batch_number,
    count(*) as rows,
    count(event_timestamp) as accepted,
    count(*) - count(event_timestamp) as rejected
from read_parquet('{{ env_var("PINGTOP_RAW_LOCATION") }}/interactions/*.parquet', filename = true)
{% if is_incremental() %}where filename not in (select path from {{ this }}){% endif %}
group by filename
""",
    "models/totals.sql": "select sum(rows) as all_rows from {{ ref('intake_files') }}",
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flat log with dirt, so that some rows have no time."""
    folder = tmp_path_factory.mktemp("log") / "data"
    sizes = ["--events", str(EVENTS), "--users", "50", "--pings", "40", "--shape", "flat"]
    assert generate_data.main([*sizes, "--dirt", "0.1", "--output", str(folder), "--quiet"]) == OK
    return folder


@pytest.fixture(scope="module")
def report(log: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the benchmark says of the tiny project."""
    project = tmp_path_factory.mktemp("project")
    (project / "models").mkdir()
    for name, text in PROJECT.items():
        (project / name).write_text(text)
    output = project / "report.json"
    arguments = ["--incremental", "--data", log, "--parts", PARTS, "--daily-builds", DAILY_BUILDS]
    arguments += ["--project-dir", project, "--output", output, "--quiet", "--threads", 1]
    assert benchmark.main([str(argument) for argument in arguments]) == OK
    assert not list((project / "benchmark").iterdir()), "something is left behind"
    return json.loads(output.read_text())


def printed(report: dict[str, Any]) -> str:
    """The report as it is shown."""
    text = StringIO()
    print_incremental(report, Console(file=text, width=100))
    return text.getvalue()


def test_each_build_has_the_models_and_the_new_rows_that_it_should(report: dict[str, Any]) -> None:
    new = report["data"]["new_events"]
    sizes = {"events": EVENTS, "users": 50, "pings": 40, "parts": PARTS, "new_events": new}
    assert report["data"] == sizes
    assert abs(new - EVENTS / PARTS) < 3
    builds = report["builds"]
    read = {kind: build["rows_read"]["interactions"]["rows"] for kind, build in builds.items()}
    assert read == {"base": EVENTS - new, "full": EVENTS, "daily": new, "hourly": new}
    for kind, build in builds.items():
        rows = build["rows_read"]["interactions"]
        assert rows["accepted"] + rows["rejected"] == rows["rows"]
        models = {"intake_files"} if kind == "hourly" else {"intake_files", "totals"}
        assert build["cpu_seconds_by_model"].keys() == models
        assert build["models_cpu_seconds"] <= build["cpu_seconds"]
    assert report["ratios"].keys() == {"daily", "hourly"}


def test_the_file_is_compared_after_daily_builds(report: dict[str, Any]) -> None:
    growth = report["growth"]
    assert len(growth["database_bytes"]) == 1 + DAILY_BUILDS
    assert growth["fresh_database_bytes"] == report["builds"]["full"]["database_bytes"]
    assert growth["ratio"] == growth["database_bytes"][-1] / growth["fresh_database_bytes"]


def test_what_a_project_does_not_have_is_said(report: dict[str, Any]) -> None:
    everything = printed(report)
    assert "hourly" in everything
    assert "raw rows read" in everything
    assert "The project has no" not in everything
    old = json.loads(json.dumps(report))
    del old["builds"]["hourly"], old["ratios"]["hourly"], old["growth"]
    for build in old["builds"].values():
        build["rows_read"] = None
    less = printed(old)
    assert "no selector hourly" in less
    assert "no table intake_files" in less


def test_parts_follow_each_other_and_lose_nothing(log: Path, tmp_path: Path) -> None:
    parts = cut_by_time(log, tmp_path / "parts", PARTS, {})
    end = None
    for part in parts:
        rows = duckdb.sql(f"from '{part}'")
        low, high, timeless = rows.aggregate(
            "min(event_timestamp), max(event_timestamp), count(*) - count(event_timestamp)"
        ).fetchall()[0]
        assert end is None or end < low
        assert timeless > 0
        assert abs(len(rows) - EVENTS / PARTS) < 3
        end = high
    lost = f"from '{log}/interactions/*.parquet' except all from '{tmp_path}/parts/*.parquet'"
    assert duckdb.sql(lost).fetchall() == []
    with pytest.raises(InputError, match="too few events"):
        cut_by_time(log, tmp_path / "more", EVENTS, {})
