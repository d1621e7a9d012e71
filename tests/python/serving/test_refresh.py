"""The hourly refresh: after it, what is served is what a whole build would say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest
from warehouse import PROJECT, Warehouse

from common import InputError, project_settings
from pingtop_serving.answer import Recommendation
from pingtop_serving.recommend import recommend
from pingtop_serving.records import MANIFEST, Manifest
from pingtop_serving.stores import Store, open_store
from releases.release import DATABASE, Release
from serving.export import export
from serving.records_of_release import release_records
from serving.refresh import (
    FRESH,
    RefreshedRecords,
    check_served,
    check_settings,
    opened,
    refresh,
)
from serving.refresh import Warehouse as Hour

TOP_K = 5
VARIABLES = {
    "serving_enabled": True,
    "serving_candidates": 60,
    "top_k": TOP_K,
    "serving_country_users": 5,
}
# what an export reads, and what comes before it
READ = (
    *FRESH,
    "serving_settings",
    "serving_candidates",
    "recommendations",
    "interactions",
    "pings",
)
LAST_HOURS = "event_timestamp >= timestamp '2025-01-30 18:00:00'"


@dataclass(frozen=True)
class Built:
    """A warehouse that was refreshed by the hour, its release, and one that was built whole."""

    hourly: Path
    release: Release
    whole: Path


def sql(query: str) -> None:
    duckdb.sql(query)


def write_log(folder: Path, parts: Path) -> None:
    """A log with restrictions, cut into what was there before the last hours and what came then."""
    program = PROJECT / "scripts" / "generate_data.py"
    options = ["--users", "250", "--pings", "400", "--events", "6000", "--seed", "8", "--quiet"]
    subprocess.run([sys.executable, str(program), "--output", str(parts), *options], check=True)
    (folder / "interactions").mkdir()
    events = f"'{parts}/interactions/*.parquet'"
    sql(f"copy (from {events} where not {LAST_HOURS} or event_timestamp is null) "
        f"to '{folder}/interactions/1.parquet'")  # fmt: skip
    sql(f"copy (from {events} where {LAST_HOURS}) to '{parts}/2.parquet'")
    sql(f"""
        copy (
            select *, case hash(ping_id) % 7 when 0 then 'north' when 1 then 'north|south' end
                as region_restriction
            from '{parts}/pings.parquet'
        ) to '{parts}/all_pings.parquet'
    """)
    sql(f"""
        copy (
            select *,
                ['north', 'south', 'east', null][1 + cast(hash(user_id) % 4 as integer)] as region,
                case when hash(user_id) % 5 = 0 then
                    (select any_value(category order by ping_id) from '{parts}/pings.parquet')
                end as blocklist
            from '{parts}/users.parquet'
        ) to '{folder}/users.parquet'
    """)
    sql(f"copy (from '{parts}/all_pings.parquet' where hash(ping_id) % 40 > 0) "
        f"to '{folder}/pings.parquet'")  # fmt: skip


def build(warehouse: Warehouse, *options: str) -> None:
    done = warehouse.dbt("build", *options, variables=VARIABLES)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr


def released(database: Path, folder: Path) -> Release:
    """The tables of a warehouse as a release, without what publishing asks for."""
    folder.mkdir()
    facts = {
        "built_at": "2025-01-31T01:00:00Z",
        "variables": project_settings()["vars"] | VARIABLES,
        "tables": {},
    }
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database}' as warehouse (read_only)")
        connection.execute(f"attach '{folder / DATABASE}' as release")
        for name in READ:
            connection.execute(f"create table release.main.{name} as from warehouse.main.{name}")
            count = connection.execute(f"select count(*) from release.main.{name}").fetchone()
            facts["tables"][name] = {"row_count": count and count[0]}
    (folder / "manifest.json").write_text(json.dumps(facts))
    return Release(folder, facts)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("refresh")
    hourly, whole = Warehouse(folder / "hourly"), Warehouse(folder / "whole")
    parts = folder / "parts"
    write_log(hourly.raw, parts)
    models = [f"+{name}" for name in READ]
    only = ("--select", *models, "--exclude-resource-type", "test", "--exclude-resource-type",
        "unit_test")  # fmt: skip
    build(hourly, *only)
    release = released(hourly.database, folder / "release")
    (parts / "2.parquet").rename(hourly.raw / "interactions" / "2.parquet")
    (parts / "all_pings.parquet").rename(hourly.raw / "pings.parquet")
    build(hourly, "--selector", "hourly", "--exclude-resource-type", "test")
    whole.raw.rmdir()
    whole.raw.symlink_to(hourly.raw)
    build(whole, *only)
    return Built(hourly.database, release, whole.database)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'serving.sqlite'}")
    yield store
    store.close()


def refreshed(store: Store, built: Built) -> None:
    export(store, built.release.name, release_records(built.release))
    with opened(built.hourly, built.release) as connection:
        records = RefreshedRecords(connection, built.release)
        export(store, "refreshed", records.all())


def lists_of(database: Path) -> dict[str, list[Recommendation]]:
    lists: dict[str, list[Recommendation]] = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for user_id, *values in connection.execute(
            "select user_id, rank, ping_id, score, popularity_part, category_part, creator_part, "
            "freshness_part, declared_part, rerank_part, reason from recommendations order by all"
        ).fetchall():
            lists.setdefault(user_id, []).append(Recommendation(*values))
    return lists


def test_the_refreshed_lists_are_those_of_a_whole_build(built: Built, store: Store) -> None:
    before, whole = lists_of(built.hourly), lists_of(built.whole)
    refreshed(store, built)
    served = {user: list(recommend(store, user, TOP_K).recommendations) for user in whole}
    other = [user for user in whole if served[user] != whole[user]]
    # few candidates of few pings: what the build had not among a user's 60 can come up since
    assert len(other) <= 0.02 * len(whole), (len(other), len(whole))
    assert sum(before.get(user) != whole[user] for user in whole) > 0.5 * len(whole)
    new_users = whole.keys() - before.keys()
    assert not new_users & set(other)


def test_every_part_of_what_is_served_is_the_whole_builds(built: Built, store: Store) -> None:
    refreshed(store, built)
    with duckdb.connect(str(built.whole), read_only=True) as connection:
        pings = {
            ping: (popularity, freshness)
            for ping, popularity, freshness in connection.execute(
                "select ping_id, popularity_part, freshness_part from serving_pings"
            ).fetchall()
        }
        affinities = {
            (user, creator): affinity
            for user, creator, affinity in connection.execute(
                "select user_id, creator_id, affinity from user_creator_affinity"
            ).fetchall()
        }
        creators = dict(connection.execute("select ping_id, creator_id from pings").fetchall())
        seen = set(
            connection.execute("select user_id, ping_id from user_ping_engagement").fetchall()
        )
    for user in lists_of(built.whole):
        for place in recommend(store, user, 60).recommendations:
            assert (place.popularity_part, place.freshness_part) == pings[place.ping_id]
            affinity = affinities.get((user, creators[place.ping_id]), 0)
            assert place.creator_part == pytest.approx(0.15 * affinity, abs=1e-9)
            assert (user, place.ping_id) not in seen


def test_refreshing_twice_sends_nothing(built: Built, store: Store) -> None:
    refreshed(store, built)
    with opened(built.hourly, built.release) as connection:
        records = RefreshedRecords(connection, built.release)
        sent = export(store, "again", records.all())
    assert not sent.is_new
    assert not sent.changed


def test_the_next_export_takes_the_refresh_back(built: Built, store: Store) -> None:
    refreshed(store, built)
    export(store, built.release.name, release_records(built.release))
    whole = open_store("memory://")
    export(whole, built.release.name, release_records(built.release))
    keys = [key for key, _ in release_records(built.release)]
    assert store.snapshot().get(keys) == whole.snapshot().get(keys)
    assert not Manifest.unpack(store.snapshot().get([MANIFEST])[0] or b"").is_refreshed


def test_a_store_of_another_release_stays_as_it_is(built: Built, store: Store) -> None:
    export(store, built.release.name, release_records(built.release))
    other = replace(built.release, path=built.release.path.with_name("another"))
    with pytest.raises(InputError, match="serves release, but the newest release is another"):
        check_served(store, other)


def test_an_export_that_comes_in_between_stays(
    built: Built, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(store, built.release.name, release_records(built.release))
    manifest = Manifest.unpack(store.snapshot().get([MANIFEST])[0] or b"")
    newer = {MANIFEST: replace(manifest, release="newer").pack()}

    def meanwhile(*_: object) -> None:
        export(store, "newer", newer.items())

    monkeypatch.setattr("serving.refresh.check_build", meanwhile)
    with pytest.raises(InputError, match="serves newer"):
        refresh(store, Hour(built.hourly, built.hourly.parent), built.release, 0)
    assert store.snapshot().get([MANIFEST]) == [newer[MANIFEST]]
    meanwhile()  # nobody holds the lock


def test_other_settings_stop_the_refresh(built: Built) -> None:
    check_settings(project_settings()["vars"] | VARIABLES, built.release)
    with pytest.raises(InputError, match=r"another weight_category \(0.5\) than release \(0.25\)"):
        check_settings(
            project_settings()["vars"] | VARIABLES | {"weight_category": 0.5}, built.release
        )
