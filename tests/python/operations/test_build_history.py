"""build_history has every run, and the tables of models that are gone go."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_runs import run_all
from publishing import copied
from warehouse import PROJECT, Warehouse

# What somebody has in Pingtop's schemas, and what an earlier version left there, in its register.
OTHERS = """
    create table main.my_own as select 1 as n;
    create table intermediate.my_own as select 1 as n;
    create table intermediate.int_of_yesterday as select 1 as n;
    create view main.of_yesterday as select 1 as n;
    create schema another;
    create table another.users as select 1 as n;
    create table main.mine_by_now as select 'x' as name;
    create table main.ranking_of_yesterday as select 1 as n;
    alter table raw.made_relations rename options to is_ranking;
    alter table raw.made_relations alter is_ranking type boolean using is_ranking is not null;
    insert into raw.made_relations values
        ('intermediate', 'int_of_yesterday', false, 'n INTEGER'),
        ('main', 'of_yesterday', null, 'n INTEGER'),
        ('another', 'users', false, 'n INTEGER'),
        ('main', 'mine_by_now', false, 'n INTEGER'),
        ('main', 'ranking_of_yesterday', true, 'n INTEGER');
"""
THERE = {
    *(("main", "my_own"), ("intermediate", "my_own"), ("main", "mine_by_now")),
    *(("main", "ranking_of_yesterday"), ("another", "users")),
}
GONE = {("intermediate", "int_of_yesterday"), ("main", "of_yesterday")}


def history(warehouse: Warehouse) -> list[dict[str, Any]]:
    table = warehouse.query("from build_history order by started_at").astype("object")
    return table.where(table.notna(), None).to_dict("records")


def relations(warehouse: Warehouse) -> set[tuple[str, str]]:
    return set(warehouse.rows("select table_schema, table_name from information_schema.tables"))


def test_a_green_build(demo: Warehouse) -> None:
    [row] = history(demo)
    assert (row["command"], row["selection"], row["status"]) == ("build", None, "green")
    age = datetime.now(UTC).replace(tzinfo=None) - row["started_at"].to_pydatetime()
    assert timedelta(0) < age < timedelta(hours=2)
    took = (row["ended_at"] - row["started_at"]).total_seconds()
    assert row["seconds"] == pytest.approx(took, abs=0.001)
    assert row["cpu_seconds"] > 1
    [(models, of_options)] = demo.rows("select count(*), count(options) from raw.made_relations")
    assert of_options == 0
    assert models - 10 < row["models_built"] < models + 10
    assert row["tests_passed"] > 200
    assert (row["nodes_failed"], row["first_failed"], row["intake_warnings"]) == (0, None, 0)
    counts = demo.rows(
        "select sum(row_count) filter (outcome = 'accepted'), "
        "coalesce(sum(row_count) filter (outcome = 'rejected'), 0) from intake_summary"
    )
    assert [(row["accepted_rows"], row["rejected_rows"])] == counts
    days = demo.rows(
        "select date, n_events, active_users, watch_through_rate, engagement_per_impression "
        "from recommender_health_daily where segment = 'all' order by date desc limit 1"
    )
    columns = ("newest_day_events", "active_users", "watch_through_rate")
    columns = (*columns, "engagement_per_impression")
    assert [(row["newest_day"].date(), *(row[name] for name in columns))] == days
    assert [(row["newest_event"].to_pydatetime(),)] == demo.rows(
        "select max(event_timestamp) from interactions"
    )


def test_every_version_is_the_same() -> None:
    found = {
        re.search(pattern, (PROJECT / file).read_text(), re.M)[1]  # type: ignore[index]
        for file, pattern in {
            "dbt_project.yml": r"^version: (\S+)",
            "pyproject.toml": r'^version = "(.+)"',
            "macros/project/pingtop_version.sql": r"return\('(.+)'\)",
        }.items()
    }
    assert len(found) == 1
    assert f"## [{found.pop()}]" in (PROJECT / "CHANGELOG.md").read_text()


def test_runs_that_are_not_green_and_what_a_green_one_drops(
    demo: Warehouse, tmp_path: Path
) -> None:
    warehouse = copied(demo, tmp_path)
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute(OTHERS)
        connection.execute("drop table intermediate.int_ping_scores")
    environment = {"PINGTOP_DATABASE": str(warehouse.database), "PINGTOP_RAW_LOCATION": ""}

    def runs(*commands: list[str], raw: str = "") -> list[dict[str, Any]]:
        given = [
            {"arguments": command, "environment": {"PINGTOP_RAW_LOCATION": raw}}
            for command in commands
        ]
        return run_all(given, tmp_path / "runs", PROJECT, environment)

    before = relations(warehouse)
    [red] = runs(["run", "--select", "ping_features"])
    assert red["exit_code"] == 1, red["output"]
    assert relations(warehouse) == before, "a red run drops nothing"
    # a later version is to have the same table again: whoever reads the list first is not asked
    green, whole, tested = runs(
        ["build", "--select", "stg_event_weights"],
        ["run", "--full-refresh", "--select", "stg_event_weights", "build_history"],
        ["test", "--select", "unique_build_history_invocation_id"],
    )
    for done in (green, whole, tested):
        assert done["exit_code"] == 0, done["output"]
    after = relations(warehouse)
    assert after & (THERE | GONE) == THERE
    assert before - after == GONE
    for schema, name in GONE:
        dropped = f"{schema}.{name}: no model makes it any more."
        assert dropped in green["output"]
        assert dropped not in whole["output"]
    assert "Left alone the table main.mine_by_now" in green["output"]
    noted = "select options from raw.made_relations where relation_name = 'ranking_of_yesterday'"
    assert warehouse.rows(noted) == [("ranking_enabled",)]
    assert "Left alone" not in whole["output"]
    found = history(warehouse)
    assert [(row["command"], row["selection"], row["status"]) for row in found] == [
        ("build", None, "green"),
        ("run", "--select ping_features", "red"),
        ("build", "--select stg_event_weights", "green"),
        ("run", "--select stg_event_weights build_history --full-refresh", "green"),
    ]
    assert (found[1]["nodes_failed"], found[1]["first_failed"]) == (1, "ping_features")
    assert (found[1]["models_built"], found[1]["accepted_rows"]) == (0, None)
    assert len({row["invocation_id"] for row in found}) == 4
