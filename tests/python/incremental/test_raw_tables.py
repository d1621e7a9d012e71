"""Raw tables of the database whose rows have a `loaded_at` are read from the newest one on."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from forked_builds import DATABASE, MODELS_ONLY, ForkedBuilds
from warehouse import PROJECT
from warehouse_differences import Side, differences

VARIABLES = {"raw_schema": "lake"}
MODELS = (
    *MODELS_ONLY,
    "--select",
    *("+path:models/marts/log", "+interactions", "+user_ping_engagement", "+user_sessions"),
)

FIRST = """
    create schema lake;
    create table lake.users as from (values ('u1', '2024-02-01'), ('u2', null)) as t (
        user_id, signup_date
    );
    create table lake.pings as
        select 'p' || n as ping_id, 'k' || n % 2 as category, 10.0 as duration_sec
        from range(1, 6) as t (n);
    create table lake.interactions (
        user_id varchar, ping_id varchar, event_type varchar, event_timestamp timestamp,
        watch_time_sec double, event_id varchar, loaded_at varchar
    );
    insert into lake.interactions values
        ('u1', 'p1', 'view', '2024-03-01 10:00:00', 8, null, '2024-03-02'),
        ('u1', 'p2', 'like', '2024-03-01 10:01:00', null, null, '2024-03-02'),
        ('u2', 'p5', 'like', '2024-03-01 14:00:00', null, 'e1', '2024-03-02'),
        ('u2', 'p5', 'like', '2024-03-01 13:00:00', null, 'e1', '2024-03-03'),
        ('u1', 'p1', 'view', '2024-03-01 10:00:00', 8, null, '2024-03-03'),
        ('u2', 'p3', 'view', '2024-03-01 11:00:00', 3, null, '2024-03-03')
"""


def new_row(loaded_at: str, user_id: str = "u1") -> str:
    return (
        "insert into lake.interactions values "
        f"('{user_id}', 'p4', 'view', '2024-03-01 12:00:00', 9, null, {loaded_at})"
    )


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> ForkedBuilds:
    return ForkedBuilds(tmp_path_factory.mktemp("raw_tables"), PROJECT)


@pytest.fixture(scope="module")
def first(builds: ForkedBuilds, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of the first rows, for every test to grow a copy of."""
    database = tmp_path_factory.mktemp("first") / DATABASE
    build(builds, database, FIRST)
    return database


def build(builds: ForkedBuilds, database: Path, *statements: str) -> None:
    """After the statements in its database."""
    database.parent.mkdir(exist_ok=True)
    with duckdb.connect(str(database)) as connection:
        for sql in statements:
            connection.execute(sql)
    outcome = builds.build(database, "", VARIABLES, *MODELS)
    assert outcome.exit_code == 0, outcome.output


def batches_after(builds: ForkedBuilds, first: Path, folder: Path, *steps: str) -> int:
    """The number of the last batch; the warehouse is what a whole build makes it."""
    growing, whole = folder / "growing" / DATABASE, folder / "whole" / DATABASE
    growing.parent.mkdir()
    shutil.copy(first, growing)
    for step in steps:
        build(builds, growing, step)
    build(builds, whole, FIRST, *steps)
    assert differences(Side("the growing one", growing), Side("the whole one", whole)) == []
    with duckdb.connect(str(growing), read_only=True) as connection:
        return connection.execute("select max(batch_number) from intake_files").fetchall()[0][0]


@pytest.mark.parametrize(
    "steps",
    [
        [new_row("'2024-03-04'"), "select 'nothing new'"],
        [new_row("'2024-03-03'"), new_row("'2024-03-03'", "u2")],
        [new_row("'2024-03-03T03:00:00+02:00'")],
        ["insert into lake.interactions select * replace ('2024-03-04' as loaded_at) "
         "from lake.interactions"],
    ],
    ids=["later", "of the same moment", "with a zone", "repeated"],
)  # fmt: skip
def test_new_rows_are_read_alone(
    builds: ForkedBuilds, first: Path, tmp_path: Path, steps: list[str]
) -> None:
    assert batches_after(builds, first, tmp_path, *steps) == 1 + len(steps)


@pytest.mark.parametrize(
    "step",
    [
        "delete from lake.interactions where ping_id = 'p2'",
        "delete from lake.interactions where ping_id = 'p3'",
        "delete from lake.interactions where event_id = 'e1' and loaded_at = '2024-03-03'",
        "delete from lake.interactions where ping_id = 'p2';" + new_row("'2024-03-02'"),
        "update lake.interactions set watch_time_sec = 1 where loaded_at = '2024-03-02'",
        "update lake.interactions set ping_id = 'p4' where ping_id = 'p3'",
        new_row("'2024-03-02 12:00:00'"),
    ],
    ids=[
        "an old row is gone",
        "a row of the newest moment is gone",
        "the copy that counted is gone",
        "a row for another",
        "an old row is another",
        "a row of the newest moment is another",
        "dated back",
    ],
)
def test_other_rows_make_the_build_whole(
    builds: ForkedBuilds, first: Path, tmp_path: Path, step: str
) -> None:
    assert batches_after(builds, first, tmp_path, step) == 1


def test_rows_without_a_moment_are_not_read_twice(
    builds: ForkedBuilds, first: Path, tmp_path: Path
) -> None:
    dated = "update lake.interactions set loaded_at = '2024-03-03' where loaded_at is null"
    assert batches_after(builds, first, tmp_path, new_row("null"), dated) == 1
