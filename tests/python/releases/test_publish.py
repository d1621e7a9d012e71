"""Releases: only green builds, never half of one, whatever reads or is killed meanwhile."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import report
from publishing import PROGRAM, copied, publish, record_evaluation
from stand_in import Reader, StandIn, mixed
from warehouse import PROJECT, Warehouse

from releases.build import Build, PublishError, check_green
from releases.release import ReleaseError, open_release


def change_results(warehouse: Warehouse, change: Callable[[dict[str, Any]], None]) -> None:
    path = warehouse.target / "run_results.json"
    results = json.loads(path.read_text())
    change(results)
    path.write_text(json.dumps(results))


# --- what a release holds ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(demo: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    releases = tmp_path_factory.mktemp("releases")
    done = publish(demo, releases)
    assert done.returncode == 0, done.stderr
    return releases


def test_a_release_holds_every_public_table_of_the_warehouse(
    demo: Warehouse, published: Path
) -> None:
    release = open_release(published)
    names = {
        name
        for (name,) in demo.rows(
            "select table_name from information_schema.tables where table_schema = 'main'"
        )
    }
    assert {"recommender_health", "recommendations", "evaluation_metrics"} <= names
    assert set(release.manifest["tables"]) == names
    assert {path.stem for path in (release.path / "tables").iterdir()} == names
    kinds = release.rows("select table_name, table_type from information_schema.tables")
    assert {(row["table_name"], row["table_type"]) for row in kinds} == {
        (name, "BASE TABLE") for name in names
    }
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        connection.execute(f"attach '{release.path / 'pingtop.duckdb'}' as released (read_only)")
        for name in sorted(names):
            parquet = f"read_parquet('{release.path / 'tables' / name}.parquet')"
            for other in (f"released.main.{name}", parquet):
                for left, right in ((f"main.{name}", other), (other, f"main.{name}")):
                    differing = connection.execute(
                        f"select count(*) from (from {left} except all from {right})"
                    ).fetchall()
                    assert differing == [(0,)], (name, left, right)


def test_the_manifest_says_what_the_release_is(demo: Warehouse, published: Path) -> None:
    manifest = open_release(published).manifest
    first, newest = demo.rows(
        "select min(event_timestamp), max(event_timestamp) from interactions"
    )[0]
    assert manifest["data_from"] == f"{first.isoformat()}Z"
    assert manifest["data_to"] == f"{newest.isoformat()}Z"
    for name, table in manifest["tables"].items():
        assert table["row_count"] == demo.rows(f"select count(*) from {name}")[0][0], name
        assert table["description"], name
        for column, facts in table["columns"].items():
            assert facts["description"], (name, column)
            assert facts["type"], (name, column)
    results = json.loads((demo.target / "run_results.json").read_text())
    assert manifest["invocation_id"] == results["metadata"]["invocation_id"]
    assert manifest["variables"]["weight_popularity"] == 0.5
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert manifest["git_commit"] == (head.stdout.strip() if head.returncode == 0 else None)


def test_the_file_is_in_the_old_storage_format(published: Path) -> None:
    """Byte 12 of a DuckDB file is the number of its storage format: 64 is that of 0.9 to 1.1."""
    header = (open_release(published).path / "pingtop.duckdb").read_bytes()[:16]
    assert header[8:12] == b"DUCK"
    assert header[12] == 64


def test_a_users_rows_lie_together(published: Path) -> None:
    release = open_release(published)
    for table in ("recommendations", "user_ping_engagement"):
        users = [row["user_id"] for row in release.rows(f"select user_id from {table}")]
        assert users == sorted(users)


# --- what is not published -----------------------------------------------------------------------


def make_test_fail(results: dict[str, Any]) -> None:
    tests = [one for one in results["results"] if one["unique_id"].startswith("test.")]
    tests[0]["status"] = "fail"


def leave_out_a_table(results: dict[str, Any]) -> None:
    results["results"] = [
        one
        for one in results["results"]
        if one["unique_id"] != "model.pingtop.recommender_health_daily"
    ]


def leave_out_tests(results: dict[str, Any]) -> None:
    results["results"] = [
        one for one in results["results"] if not one["unique_id"].startswith("test.")
    ]


def be_of_another_run(results: dict[str, Any]) -> None:
    results["metadata"]["invocation_id"] = "00000000-0000-0000-0000-000000000000"


def test_what_failed_first_is_named() -> None:
    """In the order of the run, and before what was skipped because of it."""
    statuses = {"model.a": "success", "model.z": "skipped", "test.y": "fail", "model.b": "error"}
    results = [{"unique_id": name, "status": status} for name, status in statuses.items()]
    with pytest.raises(PublishError, match=r"the build is red \(test\.y and 2 more\)"):
        check_green(Build({"results": results}, {"nodes": {}}))


def be_hourly(results: dict[str, Any]) -> None:
    results["args"]["selector"] = "hourly"
    leave_out_a_table(results)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (be_hourly, "an hourly one, which leaves lists, affinities and sessions as they were"),
        (make_test_fail, "the build is red (test.pingtop."),
        (leave_out_a_table, "left out 1 of "),
        (leave_out_tests, "data tests: run a whole dbt build"),
        (be_of_another_run, "of one on another file, or of an earlier one, after which one was"),
    ],
)
def test_nothing_is_published_after_a_build_that_is_not_green(
    demo: Warehouse, tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    warehouse = copied(demo, tmp_path)
    releases = tmp_path / "releases"
    assert publish(warehouse, releases).returncode == 0
    before = sorted(os.listdir(releases))
    change_results(warehouse, change)
    done = publish(warehouse, releases)
    assert done.returncode == 2
    assert done.stderr.startswith("publish.py: nothing is published: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(os.listdir(releases)) == before


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("refused", " UTC, was refused before it built anything: correct what it said"),
        ("not ended", " UTC, was stopped before its end: build again"),
        ("red", " UTC, is red (a_rule): correct it and build again."),
    ],
)
def test_nothing_is_published_after_a_later_run_that_was_not_green(
    demo: Warehouse, tmp_path: Path, status: str, message: str
) -> None:
    """Its results are not here: it had none, or they are in another folder."""
    warehouse = copied(demo, tmp_path)
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute("update raw.last_run set invocation_id = 'later'")
        connection.execute(
            "insert into raw.builds (invocation_id, command, status, started_at, first_failed) "
            "values ('later', 'build', ?, timestamp '2024-02-13 02:15:00', 'a_rule')",
            [status],
        )
    done = publish(warehouse, tmp_path / "releases")
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr
    assert f"the last build of {warehouse.database}, of 2024-02-13 02:15:00 UTC, " in done.stderr


def test_a_build_is_published_once(demo: Warehouse, tmp_path: Path) -> None:
    warehouse, releases = copied(demo, tmp_path), tmp_path / "releases"
    assert publish(warehouse, releases).returncode == 0
    before = sorted(os.listdir(releases))
    again = publish(warehouse, releases, "--keep", "1")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == f"Nothing to publish: {releases / 'current'} is this build already.\n"
    assert sorted(os.listdir(releases)) == before
    # an evaluation is recorded after a build, and is worth a release
    record_evaluation(warehouse)
    assert publish(warehouse, releases).stdout.startswith("Published ")
    assert open_release(releases).manifest["tables"]["evaluation_metrics"]["row_count"] > 0


def test_a_manifest_names_no_folder(demo: Warehouse, tmp_path: Path) -> None:
    """Of a variable that is a path, wherever it comes from, the last part is named."""
    warehouse = copied(demo, tmp_path)

    def locate(results: dict[str, Any]) -> None:
        mapping = {"users": [{"path": "/srv/secret/users.csv"}]}
        results["args"]["vars"] = {"raw_location": "/srv/secret/raw", "raw_mapping": mapping}

    change_results(warehouse, locate)
    assert publish(warehouse, tmp_path / "releases").returncode == 0
    release = open_release(tmp_path / "releases")
    text = (release.path / "manifest.json").read_text()
    assert [one for one in ("/srv", "secret", str(tmp_path), str(PROJECT)) if one in text] == []
    assert release.manifest["variables"]["raw_location"] == "raw"
    assert release.manifest["variables"]["raw_mapping"] == {"users": [{"path": "users.csv"}]}
    version = re.search(r"^version: (\S+)", (PROJECT / "dbt_project.yml").read_text(), re.M)
    assert version is not None
    assert release.manifest["versions"]["pingtop"] == version[1]


def test_a_gate_that_is_red_is_said(demo: Warehouse, tmp_path: Path) -> None:
    warehouse = copied(demo, tmp_path)
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute(
            "update build_gates set verdict = 'error', sentence = 'log: 3 files are gone.' "
            "where gate = 'vanished files'"
        )

    def fail(results: dict[str, Any]) -> None:
        for one in results["results"]:
            if one["unique_id"] == "test.pingtop.gate_vanished_files":
                one["status"] = "fail"

    change_results(warehouse, fail)
    done = publish(warehouse, tmp_path / "releases")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "the build is red (test.pingtop.gate_vanished_files): " in done.stderr
    assert done.stderr.endswith(" log: 3 files are gone.\n")


def test_the_warehouse_that_was_built_since_is_named(demo: Warehouse, tmp_path: Path) -> None:
    """A build into another file takes the place of dbt's results, be it whole or not."""
    warehouse = copied(demo, tmp_path)
    path = warehouse.target / "manifest.json"
    path.write_text(path.read_text().replace('"database": "pingtop"', '"database": "rewound"'))
    change_results(warehouse, be_of_another_run)
    for change in (be_of_another_run, leave_out_a_table):
        change_results(warehouse, change)
        done = publish(warehouse, tmp_path / "releases")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "of one on another file, whose name is rewound; build " in done.stderr
        assert f"results in {warehouse.target} are not of the last run of dbt on " in done.stderr


def test_names_are_no_patterns(demo: Warehouse, tmp_path: Path) -> None:
    odd = "it's [1]*"
    warehouse = copied(demo, tmp_path / odd)
    releases = tmp_path / odd / 'a "folder"'
    # what a pattern would find as well
    shutil.copytree(tmp_path / odd, tmp_path / "it's 1")
    done = publish(warehouse, releases)
    assert done.returncode == 0, done.stderr
    output = tmp_path / odd / f"report {odd}.html"
    assert report.main(["--release", str(releases), "--output", str(output)]) == 0
    release = open_release(releases)
    assert release.name in output.read_text()
    [row] = release.rows("select count(*) as pings from pings")
    assert row["pings"] == release.manifest["tables"]["pings"]["row_count"]
    done = publish(warehouse, tmp_path / "what?")
    assert (done.returncode, "name a path without a ? in it" in done.stderr) == (2, True)
    assert not (tmp_path / "what?").exists()


def test_bad_input_is_one_sentence(demo: Warehouse, tmp_path: Path) -> None:
    warehouse = copied(demo, tmp_path)
    wrong = {
        "--database": (tmp_path / "none.duckdb", "there is no warehouse"),
        "--target": (tmp_path / "none", "so nobody can tell whether the build was green"),
        "--keep": ("0", "would leave no release"),
    }
    for option, (value, message) in wrong.items():
        done = publish(warehouse, tmp_path / "releases", option, str(value))
        assert done.returncode == 2
        assert message in done.stderr
        assert done.stderr.count("\n") == 1
    with pytest.raises(ReleaseError, match="make build publish"):
        open_release(tmp_path / "releases")


# --- readers while builds, swaps and deaths go on ------------------------------------------------


def leftovers(releases: Path) -> list[str]:
    return [name for name in os.listdir(releases) if name.startswith(".unfinished-")]


def test_a_killed_publisher_leaves_the_current_release_whole(tmp_path: Path) -> None:
    """Publishers are killed at random moments, half of them while they surely write."""
    warehouse, releases = StandIn(tmp_path), tmp_path / "releases"
    warehouse.build_number(0)
    started = time.monotonic()
    assert publish(warehouse, releases).returncode == 0
    duration = time.monotonic() - started
    command = [sys.executable, str(PROGRAM), "--database", str(warehouse.database)]
    command += ["--target", str(warehouse.target), "--releases", str(releases), "--keep", "3"]
    chance = random.Random(20240213)
    killed = unfinished = 0
    with Reader(releases, mixed) as reader:
        for number in range(1, 17):
            warehouse.build_number(number)
            process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            moment = duration * chance.uniform(0.3, 1.0)
            if number % 2:
                before = leftovers(releases)
                while leftovers(releases) == before and process.poll() is None:
                    time.sleep(0.001)
                moment = duration * chance.uniform(0.0, 0.3)
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                process.kill()
                killed += process.wait() == -signal.SIGKILL
            unfinished += bool(leftovers(releases))
            assert mixed(open_release(releases).path) is None
        warehouse.build_number(99)
        assert publish(warehouse, releases, "--keep", "3").returncode == 0
    assert reader.wrong == []
    assert reader.reads > 25
    assert killed >= 4
    assert unfinished >= 3, "some were killed while they wrote"
    assert leftovers(releases) == [], "the next publisher removes what killed ones left"
    kept = [path for path in releases.iterdir() if path.is_dir() and not path.is_symlink()]
    assert len(kept) <= 3
    assert open_release(releases).manifest["invocation_id"].startswith("00000099")


def test_old_releases_go_but_never_the_current_one(tmp_path: Path) -> None:
    warehouse, releases = StandIn(tmp_path), tmp_path / "releases"
    names = []
    for number in range(3):
        warehouse.build_number(number)
        assert publish(warehouse, releases, "--keep", "2").returncode == 0
        names.append(open_release(releases).name)
    kept = sorted(path.name for path in releases.iterdir() if path.name[0] != ".")
    assert kept == sorted([*names[1:], "current"])
    # somebody went back to an older release: it stays as long as it is the current one
    from releases.publishing import remove_old

    (releases / "current").unlink()
    (releases / "current").symlink_to(names[1])
    assert remove_old(releases, 1) == []
    assert open_release(releases).name == names[1]


def test_two_publishers_do_not_work_at_once(tmp_path: Path) -> None:
    from releases.build import PublishError
    from releases.publishing import locked

    with locked(tmp_path), pytest.raises(PublishError, match="another publisher"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_readers_see_one_build_while_another_runs(demo: Warehouse, tmp_path: Path) -> None:
    """With dbt itself: lists of 10 before, of 5 after, and in every table the same."""
    warehouse, releases = copied(demo, tmp_path), tmp_path / "releases"
    assert publish(warehouse, releases).returncode == 0

    def differs(path: Path) -> str | None:
        release = open_release(path)
        top_k = release.manifest["variables"]["top_k"]
        found = release.rows(
            """
            select
                (select max(rank) from recommendations) as longest,
                (select max(recommended_slots) from recommendation_coverage)
                    / (select count(distinct user_id) from recommendations) as slots_per_user
            """
        )[0]
        if found == {"longest": top_k, "slots_per_user": top_k}:
            return None
        return f"{release.name} (top_k {top_k}): {found}"

    with Reader(releases, differs) as reader:
        done = warehouse.dbt("build", variables={"top_k": 5}, demo=True)
        assert done.returncode == 0, done.stdout
        reads_during_build = reader.reads
        done = publish(warehouse, releases)
        assert done.returncode == 0, done.stderr
        after_publish = reader.reads
        while reader.reads < after_publish + 3:
            time.sleep(0.01)
    assert reader.wrong == []
    assert reads_during_build > 20
    assert len(reader.names) == 2
    assert open_release(releases).manifest["variables"]["top_k"] == 5
