"""The hourly refresh: what happened since a release, into the store that serves the release.

After an hourly build the warehouse knows more than the newest release: other scores of pings, what
users have done since. Lists are not made anew: candidates, kept lists and arms are those of the
release. So the records are put together from both, and the export sends what has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from common import InputError, identifier, literal, not_opened, project_settings
from pingtop_serving.records import MANIFEST, Manifest, User
from pingtop_serving.stores.store import Store
from releases.build import (
    GREEN,
    PublishError,
    check_last_run,
    check_same_run,
    public_models,
    read_build,
)
from releases.publishing import without_folders
from releases.release import DATABASE, Release
from releases.sources import WarehouseFile
from serving.export import Sent, export
from serving.records_of_release import MEMORY, Records

# What an hourly build makes anew, of what records are made of; all else is the release's.
FRESH = (
    *("serving_pings", "serving_users", "serving_restrictions", "serving_blocks"),
    *("serving_country_pings", "serving_event_types", "declared_affinities"),
    *("user_category_affinity", "user_creator_affinity", "user_ping_engagement"),
)


@dataclass(frozen=True)
class Warehouse:
    """A warehouse after an hourly build, and dbt's target folder with the results of the build."""

    database: Path
    target: Path


def refresh(
    store: Store,
    warehouse: Warehouse,
    release: Release,
    grace: float,
    on_sent: Callable[[Sent], None] = lambda sent: None,
) -> Sent:
    """Bring the store that serves a release up to what the warehouse knows by now.

    grace: seconds until what only older generations need is removed. on_sent: called after the
    switch.
    """
    check_served(store, release)
    with opened(warehouse.database, release) as connection:
        check_build(connection, warehouse, release)
        records = RefreshedRecords(connection, release).all()
        return export(
            store,
            f"{release.name} refreshed",
            records,
            grace=grace,
            on_sent=on_sent,
            # another release may have been exported meanwhile: it would be taken back
            check=lambda: check_served(store, release),
        )


def check_served(store: Store, release: Release) -> None:
    """Stop unless the store serves the release."""
    (data,) = store.read(lambda snapshot: snapshot.get([MANIFEST]))
    served = Manifest.unpack(data).release if data else "another release"
    if served != release.name:
        raise InputError(
            f"{store.name} serves {served}, but the newest release is {release.name}: export that "
            "one first (make serve-export)."
        )


def opened(database: Path, release: Release) -> duckdb.DuckDBPyConnection:
    """A connection to what is fresh in the warehouse, and else in the release, by table."""
    connection = duckdb.connect(config={"memory_limit": MEMORY})
    try:
        for name, path in (("warehouse", database), ("release", release.path / DATABASE)):
            try:
                connection.execute(f"attach {literal(path)} as {name} (read_only)")
            except duckdb.Error as error:
                raise not_opened(path, error) from error
        for name in release.manifest["tables"]:
            source = "warehouse" if name in FRESH else "release"
            connection.execute(
                f"create view {identifier(name)} as from {source}.main.{identifier(name)}"
            )
    except duckdb.CatalogException as error:
        connection.close()
        raise InputError(
            f"{database} lacks a table that the release has ({str(error).splitlines()[0]}): bring "
            "both up to date (make daily)."
        ) from error
    except BaseException:
        connection.close()
        raise
    return connection


def check_build(
    connection: duckdb.DuckDBPyConnection, warehouse: Warehouse, release: Release
) -> None:
    """Stop unless the warehouse's last build was green, and made with the release's settings."""
    connection = connection.cursor()
    connection.execute("use warehouse")
    try:
        build = read_build(warehouse.target)
        source = WarehouseFile(connection, warehouse.database)
        check_last_run(build, source)
        check_same_run(build, warehouse.target, source)
    except PublishError as error:
        raise InputError(str(error)) from error
    red = [one for one in build.results["results"] if one["status"] not in GREEN]
    if red:
        raise InputError(f"the build is red ({red[0]['unique_id']}): correct it and build again.")
    if not set(FRESH) <= set(public_models(build)):
        raise InputError(
            "the last build was without tables for serving: set "
            "serving_enabled: true in dbt_project.yml."
        )
    check_settings(without_folders(project_settings()["vars"] | build.variables), release)


def check_settings(variables: Mapping[str, Any], release: Release) -> None:
    """Stop where the release was built with others: parts of scores would not go together."""
    before = release.manifest["variables"]
    names = variables.keys() | before.keys()
    other = sorted(name for name in names if variables.get(name) != before.get(name))
    if other:
        raise InputError(
            f"the warehouse was built with another {other[0]} "
            f"({variables.get(other[0])}) than {release.name} ({before.get(other[0])}): bring both "
            "up to date (make daily serve-export)."
        )


class RefreshedRecords(Records):
    """The records of a release with what happened since."""

    @cached_property
    def manifest(self) -> Manifest:
        """The release's, up to the newest event, with the pings that came since."""
        of_release = super().manifest
        [(newest,)] = self.rows("select max(event_timestamp) from warehouse.main.interactions")
        new_pings = self.rows(
            "select ping_id from serving_pings "
            "anti join release.main.serving_pings using (ping_id) "
            "order by base_score desc, ping_id limit ?",
            of_release.candidates,
        )
        return replace(
            of_release,
            data_to=newest and f"{newest.isoformat()}Z",
            is_refreshed=True,
            new_pings=[ping_id for (ping_id,) in new_pings],
        )

    def _users(self, first: str, last: str) -> Iterator[tuple[str, User]]:
        categories = self._touched("user_category_affinity", "category", first, last)
        creators = self._touched("user_creator_affinity", "creator_id", first, last)
        for user_id, user in super()._users(first, last):
            yield (
                user_id,
                replace(
                    user,
                    new_categories=categories.get(user_id, ()),
                    new_creators=creators.get(user_id, ()),
                ),
            )

    def _touched(self, table: str, name: str, first: str, last: str) -> dict[str, list[str]]:
        """By user, what has other events than in the release."""
        return dict(
            self.rows(
                f"""
                select fresh.user_id, list(fresh.{name} order by fresh.{name})
                from {table} as fresh
                left join release.main.{table} as known
                    on fresh.user_id = known.user_id and fresh.{name} = known.{name}
                where
                    fresh.user_id between ? and ?
                    and fresh.n_events is distinct from known.n_events
                group by fresh.user_id
                """,
                first,
                last,
            )
        )
