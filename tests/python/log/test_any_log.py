"""A log as it is: in whatever shape one log comes, the public tables are the same."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard
from dbt_runs import run_all
from log_shapes import SHAPES, events
from warehouse import MODELS_ONLY, PROJECT

from intake.conversion import joined_rows
from intake.zstandard_frames import problem_of_frames

BUILD = [
    "build",
    *MODELS_ONLY,
    "--select",
    "+interactions",
    "+users",
    "+pings",
    "+intake_summary",
    "+rejected_rows",
]
TABLES = {
    "users": "from users order by user_id",
    "pings": "from pings order by ping_id",
    "interactions": "from interactions order by all",
    # without what the catalogue adds
    "events": "select user_id, ping_id, event_type, watch_time_sec, event_timestamp"
    " from interactions order by all",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, Any], Path]]:
    """Every shape, built into a warehouse of its own: {shape: (outcome, database)}."""
    base = tmp_path_factory.mktemp("shapes").resolve()
    runs, databases = [], {}
    for name, shape in SHAPES.items():
        raw = base / name / "raw"
        raw.mkdir(parents=True)
        shape.write(raw)
        if shape.mapping:
            (raw / "mapping.yml").write_text(shape.mapping)
        location = f"{shape.prefix}{raw}{'/' if shape.location else ''}{shape.location}"
        databases[name] = base / name / "warehouse.duckdb"
        environment = {"PINGTOP_RAW_LOCATION": location, "PINGTOP_DATABASE": str(databases[name])}
        runs.append({"arguments": BUILD, "environment": environment})
    outcomes = run_all(runs, base / "runs", PROJECT, runs[0]["environment"])
    return {
        name: (outcome, databases[name]) for name, outcome in zip(SHAPES, outcomes, strict=True)
    }


def rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_gives_the_same_tables(built: dict[str, Any], name: str) -> None:
    outcome, database = built[name]
    assert outcome["exit_code"] == 0, outcome["output"]
    _, reference = built["csv"]
    assert len(rows(reference, TABLES["events"])) == len(events())
    for table in SHAPES[name].tables:
        assert rows(database, TABLES[table]) == rows(reference, TABLES[table]), table


def test_ignored_events_are_kept_as_rejected_rows(built: dict[str, Any]) -> None:
    _, database = built["two_sources"]
    rejected = rows(database, "select reject_reason, count(*) from rejected_rows group by all")
    assert rejected == [("ignored by the mapping", 3)]


def test_a_row_is_kept_as_its_line_with_line_breaks(built: dict[str, Any]) -> None:
    _, database = built["null_words_and_line_breaks"]
    kept = rows(
        database, "select raw_row from intermediate.int_interactions where raw_row like '%two%'"
    )
    assert len(kept) == 10
    assert all('"two\nlines, ""quoted"""' in row[0] for row in kept)


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        # a break in the first field: what follows it has as many fields as a row
        (['"two', 'lines",b,c', "d,e,f"], ['"two\nlines",b,c', "d,e,f"]),
        (['a,"two', 'lines",c'], ['a,"two\nlines",c']),
        (['a,b,"two', "and", 'three"', "d,e,f"], ['a,b,"two\nand\nthree"', "d,e,f"]),
        # stray quotes
        (['a,"b,c', "d,e,f", 'g,h",i'], ['a,"b,c', "d,e,f", 'g,h",i']),
        (['a,"b,c', 'd,5" disk,f'], ['a,"b,c', 'd,5" disk,f']),
    ],
)
def test_lines_are_joined_where_quotes_say_so(lines: list[str], joined: list[str]) -> None:
    rows = joined_rows(iter([(line, None) for line in ["x,y,z", *lines]]), ",")
    assert [line for line, _ in rows] == ["x,y,z", *joined]


@pytest.mark.parametrize("has_checksum", [True, False])
def test_a_zstandard_file_is_whole_or_cut(has_checksum: bool) -> None:
    options = {"write_checksum": has_checksum, "write_content_size": has_checksum}
    compressor = zstandard.ZstdCompressor(**options)
    content = random.Random(1).randbytes(300_000)  # of three blocks
    whole = compressor.compress(content)
    skippable = b"\x50\x2a\x4d\x18\x02\x00\x00\x00ab"
    one_byte = compressor.compress(b"a" * 1_000_000)
    for good in (b"", whole, whole + whole, skippable + whole, one_byte, compressor.compress(b"")):
        assert problem_of_frames(io.BytesIO(good)) is None
    for lost in (1, 3, 4, 5, 1_000, 150_000, len(whole) - 5):
        assert problem_of_frames(io.BytesIO(whole[:-lost])) == "is cut short"
        assert problem_of_frames(io.BytesIO(whole + whole[:-lost])) == "is cut short"
    for other in (b"abc", b"user_id,ping_id\n", whole + b"xx"):
        assert problem_of_frames(io.BytesIO(other)) == "is not Zstandard, or damaged"
