"""Another dbt project can list Pingtop as a package: what docs/package.md shows is built here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from warehouse import PROJECT

GUIDE = PROJECT / "docs" / "package.md"
MODELS_ONLY = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
# of all names of a file the hardest, that of the schema
DATABASE = "app.duckdb"
PUBLIC, INNER = "app", {"app_raw", "app_staging", "app_intermediate"}


class Consumer:
    """A project with the files that the guide shows, the first block of each name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        blocks = re.findall(
            r"^```\w+\n(?:#|--) (\S+\.(?:yml|sql))\n(.*?)^```", GUIDE.read_text(), re.M | re.S
        )
        for name, text in reversed(blocks):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = text.replace("../pingtop", str(PROJECT)).replace("warehouse.duckdb", DATABASE)
            path.write_text(text)

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        dbt = Path(sys.executable).with_name("dbt")
        mine = ("PINGTOP_", "DBT_")
        return subprocess.run(
            [str(dbt), "--no-use-colors", *arguments],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if not name.startswith(mine)},
            capture_output=True,
            text=True,
            check=False,
        )

    def succeed(self, *arguments: str) -> str:
        done = self.dbt(*arguments)
        assert done.returncode == 0, f"{done.stdout[-6000:]}{done.stderr[-2000:]}"
        return done.stdout

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / DATABASE), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Consumer:
    """Built with all tests, its own and those of the package."""
    project = Consumer(tmp_path_factory.mktemp("consumer"))
    project.succeed("deps")
    built = project.succeed("build")
    assert re.search(r"PASS=\d{3} WARN=0 ERROR=0 SKIP=0", built), built[-2000:]
    return project


def test_its_variable_counts(consumer: Consumer) -> None:
    assert consumer.rows("select max(rank) from app.app.recommendations") == [(3,)]


def test_its_model_reads_a_public_table(consumer: Consumer) -> None:
    difference = """
        (select user_id, ping_id, score from app.app.first_places
         except select user_id, ping_id, score from app.app.recommendations where rank = 1)
        union all
        (select user_id, ping_id, score from app.app.recommendations where rank = 1
         except select user_id, ping_id, score from app.app.first_places)
    """
    assert consumer.rows("select count(*) from app.app.first_places") == [(38,)]
    assert consumer.rows(difference) == []


def test_schemas_begin_with_the_one_of_its_target(consumer: Consumer) -> None:
    schemas = consumer.rows("select distinct table_schema from information_schema.tables")
    assert {schema for (schema,) in schemas} == {PUBLIC, *INNER}
    assert consumer.rows("select count(*) from app.app_raw.last_run") == [(1,)]


def test_names_in_vars_may_be_its_own_but_values_are_checked(consumer: Consumer) -> None:
    consumer.succeed("run", "--select", "first_places", "--vars", "{of_the_other_project: 1}")
    stopped = consumer.dbt("run", "--select", "first_places", "--vars", "{top_k: many}")
    assert stopped.returncode != 0
    assert "The variable top_k must be a number, but is the text 'many'" in stopped.stdout


def test_raw_tables_in_a_schema_of_its_own(consumer: Consumer) -> None:
    with duckdb.connect(str(consumer.folder / DATABASE)) as connection:
        connection.execute("create schema if not exists app_log")
        for table in ("users", "pings", "interactions"):
            seed = PROJECT / "seeds" / f"raw_{table}.csv"
            connection.execute(
                f"create or replace table app_log.{table} as from read_csv('{seed}')"
            )
        connection.execute("insert into app_log.users (user_id) values ('only here')")
    selected = ("--select", "+intake_summary", "+users", *MODELS_ONLY)
    consumer.succeed("build", *selected, "--vars", "{raw_schema: app_log}")
    counts = "select source_table, outcome, row_count from app.app.intake_summary order by all"
    assert consumer.rows(counts) == [
        ("interactions", "accepted", 770),
        ("pings", "accepted", 40),
        ("users", "accepted", 39),
    ]
    assert consumer.rows("select count(*) from app.app.users where user_id = 'only here'") == [(1,)]
