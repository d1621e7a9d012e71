"""A log that does not fit into the memory limit is spilled to disk, and nothing of it is lost.

And whatever the memory, the threads and who else is at work: the same log is the same tables.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import duckdb
import generate_data
from warehouse import MODELS_ONLY, PROJECT, Warehouse
from warehouse_differences import TABLES_NOT_COMPARED, Side, differences

EVENTS = 600_000
# One group by over the events takes more than this; with less, DuckDB gives up.
LIMIT = "64MB"

# Ratios without end in any base, and some whose squares are beyond what a decimal holds.
SMALL_LOG = """
copy (select 'u' || i as user_id, date '2024-01-01' + cast(i % 40 as integer) as signup_date
    from range(3000) as users(i)) to '{raw}/users.parquet';
copy (select 'p' || i as ping_id, 'c' || i % 90 as creator_id, 'cat' || i % 12 as category,
    case when i % 25 = 7 then 0.001 else 3 + i % 61 end as duration_sec,
    timestamp '2024-01-01' + to_hours(cast(i % 900 as bigint)) as created_at
    from range(1500) as pings(i)) to '{raw}/pings.parquet';
copy (select 'u' || hash(i) % 3000 as user_id,
    'p' || cast(1500 * pow((hash(i + 0.5) % 100000) / 100000, 2) as integer) % 1500 as ping_id,
    ['impression', 'view', 'view', 'view', 'like', 'share', 'click', 'hide'][1 + i % 8]
        as event_type,
    case when i % 8 in (1, 2, 3) then (hash(i + 0.25) % 70000) / 7000.0
        * case when i % 200 = 1 then 9000 else 1 end end as watch_time_sec,
    timestamp '2024-01-01' + to_seconds(cast(hash(i + 0.75) % 3400000 as bigint))
        as event_timestamp,
    i // 40000 as part
    from range({events}) as events(i)) to '{raw}/interactions' (format parquet, partition_by part);
"""
SMALL_EVENTS = 130_000
# Every thread holds blocks that cannot be spilled: four do not always get by with this.
SMALL_LIMIT = "64MB"


def test_build_spills_and_goes_on(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.raw.rmdir()
    sizes = ["--events", EVENTS, "--users", 4_000, "--pings", 2_000, "--dirt", 0, "--repeats", 0]
    given = ["--output", warehouse.raw, *sizes, "--quiet"]
    assert generate_data.main([str(argument) for argument in given]) == 0
    done = warehouse.dbt(
        "build",
        *MODELS_ONLY,
        "--select",
        "+user_ping_engagement",
        environment={"PINGTOP_MEMORY_LIMIT": LIMIT, "PINGTOP_THREADS": "2"},
    )
    assert done.returncode == 0, done.stdout[-3000:]
    built = warehouse.rows(
        "select user_id, ping_id, n_events from user_ping_engagement order by all"
    )
    expected = duckdb.sql(
        f"select user_id, ping_id, count(*) from '{warehouse.raw}/interactions/*.parquet'"
        " group by all order by all"
    ).fetchall()
    assert built == expected


def started(folder: Path, raw: Path, settings: dict[str, str]) -> subprocess.Popen[str]:
    """A build of its own warehouse and target folder, with the default folder to spill into."""
    folder.mkdir()
    command = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", "build", *MODELS_ONLY]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder / "target")]
    return subprocess.Popen(
        command,
        cwd=PROJECT,
        env=os.environ
        | {"PINGTOP_DATABASE": str(folder / "pingtop.duckdb"), "PINGTOP_RAW_LOCATION": str(raw)}
        | {"PINGTOP_TEMP_DIRECTORY": ""}
        | settings,
        stdout=(folder / "output.txt").open("w"),
        text=True,
    )


def has_spilled(folder: Path) -> bool:
    return any((folder / "pingtop.duckdb.tmp").glob("*"))


def digests(database: Path) -> dict[str, str]:
    """A digest of the rows of every public table, as text: 0.0 is not -0.0."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'main'"
        ).fetchall()
        return {
            name: connection.execute(
                "select md5(string_agg(line, chr(10) order by line)) from "
                f'(select cast(row_of_it as varchar) as line from main."{name}" as row_of_it)'
            ).fetchall()[0][0]
            for (name,) in tables
            if name not in TABLES_NOT_COMPARED
        }


def test_builds_at_once_are_as_builds_alone_with_any_threads(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    with duckdb.connect() as connection:
        connection.execute(SMALL_LOG.format(raw=raw, events=SMALL_EVENTS))
    places = [tmp_path / name for name in ("one_thread", "two_threads", "alone")]
    hurried = {"PINGTOP_MEMORY_LIMIT": SMALL_LIMIT}
    builds = [
        started(places[0], raw, hurried | {"PINGTOP_THREADS": "1"}),
        started(places[1], raw, hurried | {"PINGTOP_THREADS": "2"}),
    ]
    spilled = [False, False]
    while any(build.poll() is None for build in builds):
        spilled = [was or has_spilled(place) for was, place in zip(spilled, places, strict=False)]
        for build in builds:
            with suppress(subprocess.TimeoutExpired):
                build.wait(0.02)
    builds.append(started(places[2], raw, {"PINGTOP_THREADS": "4", "PINGTOP_MEMORY_LIMIT": ""}))
    for build, place in zip(builds, places, strict=True):
        assert build.wait() == 0, (place / "output.txt").read_text()[-3000:]
    assert spilled == [True, True]
    sides = [Side(place.name, place / "pingtop.duckdb") for place in places]
    for side in sides[:2]:
        assert differences(side, sides[2]) == []
        assert digests(side.database) == digests(sides[2].database)
