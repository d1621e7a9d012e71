"""The records of a release, one after the other: what an export writes into a store.

They come ordered by their keys, as bytes, and are read some users or pings at a time, so that a
release of any size fits into memory. Every number is the warehouse's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from heapq import merge
from operator import itemgetter
from typing import Any

import duckdb

from common import InputError, open_database
from pingtop_serving.records import (
    MANIFEST,
    OVERALL_HEAD,
    Listed,
    Manifest,
    Ping,
    User,
    category_key,
    creator_key,
    default_key,
    pack_ids,
    pack_list,
    ping_key,
    seen_key,
    user_key,
)
from releases.release import DATABASE, READ_ONLY, Release
from serving.reading import AT_A_TIME, Record, ordered, user_ranges
from serving.tree_records import tree_records

MEMORY = "1GB"  # of DuckDB, at most
HEURISTIC = "heuristic"


def release_records(release: Release) -> Iterator[Record]:
    """Every key and value of a release, ordered by the key."""
    if "serving_settings" not in release.manifest["tables"]:
        raise InputError(
            f"The release {release.name} has no tables for serving: set serving_enabled: true in "
            "dbt_project.yml, then make build publish."
        )
    with open_database(
        release.path / DATABASE, read_only=True, config={"memory_limit": MEMORY}, advice=READ_ONLY
    ) as connection:
        yield from Records(connection, release).all()


@dataclass(frozen=True)
class Records:
    """The records that are made of the public tables.

    connection: where they are. release: what they are of.
    """

    connection: duckdb.DuckDBPyConnection
    release: Release

    def all(self) -> Iterator[Record]:
        """Every key and value, ordered by the key; of trees, too, where these serve."""
        yield from merge(
            self.of_tables(), tree_records(self.connection, self.release), key=itemgetter(0)
        )

    def of_tables(self) -> Iterator[Record]:
        """The kinds in the order of their keys, without those of trees."""
        yield from self.default_lists()
        yield from self.heads()
        yield MANIFEST, self.manifest.pack()
        yield from self.pings()
        yield from self.seen()
        yield from self.users()

    # --- the whole ------------------------------------------------------------------------------

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, list(parameters)).fetchall()

    @cached_property
    def manifest(self) -> Manifest:
        [(strategy, is_reranked, top_k, candidates, category, creator, declared, newest)] = (
            self.rows("""
                select
                    strategy, is_reranked, top_k, candidates,
                    weight_category, weight_creator, weight_declared, newest_event_timestamp
                from serving_settings
            """)
        )
        variables = self.release.manifest["variables"]
        experiment = variables.get("serving_experiment") or None
        return Manifest(
            release=self.release.name,
            built_at=self.release.manifest["built_at"],
            data_to=newest and f"{newest.isoformat()}Z",
            strategy=strategy or HEURISTIC,
            is_reranked=is_reranked,
            top_k=top_k,
            candidates=candidates,
            weight_category=category,
            weight_creator=creator,
            weight_declared=declared,
            event_types=dict(
                self.rows(
                    "select plain_event_type, event_type from serving_event_types "
                    "order by plain_event_type, event_type"
                )
            ),
            experiment=experiment,
            arms=dict(sorted((variables.get("serving_arms") or {}).items())) if experiment else {},
            counts={
                name: self.rows(f"select count(*) from serving_{name}")[0][0]
                for name in ("users", "pings")
            },
        )

    def default_lists(self) -> Iterator[Record]:
        """Of every country, and of all; for every region that restrictions name, and for others."""
        regions = [""] + [
            region
            for (region,) in self.rows(
                "select distinct restriction_value from serving_restrictions "
                "where restriction_type = 'region'"
            )
        ]
        countries = self.rows("select distinct country from serving_country_pings")
        records: dict[str, bytes] = {}
        for country in ["", *(country for (country,) in countries)]:
            pings = self._country_pings(country)
            for region in regions:
                shown = [
                    place for place, places_in in pings if places_in is None or region in places_in
                ]
                key = default_key(country, region)
                records[key] = pack_list(shown[: self.manifest.candidates])
        yield from ordered(sorted(records.items()))

    def _country_pings(self, country: str) -> list[tuple[Listed, list[str] | None]]:
        """Pings by the score that users of a country have for them, and where they are shown."""
        if country:
            source, order = "serving_country_pings as listed", "listed.rank"
            popular = "listed.is_popular"
        else:
            source, order = "serving_pings as listed", "listed.base_score desc, listed.ping_id"
            popular = "pings.is_globally_popular"
        found = self.rows(
            f"""
            with regions as (
                select ping_id, list(restriction_value) as regions
                from serving_restrictions
                where restriction_type = 'region'
                group by ping_id
            ),
            ordered as (
                select
                    listed.ping_id,
                    listed.base_score,
                    listed.popularity_part,
                    listed.freshness_part,
                    {popular} as is_popular,
                    pings.is_recent,
                    regions.regions,
                    row_number() over (order by {order}) as place,
                    count(*) filter (where regions.regions is null) over (
                        order by {order} rows between unbounded preceding and 1 preceding
                    ) as n_for_anyone
                from {source}
                inner join serving_pings as pings on listed.ping_id = pings.ping_id
                left join regions on listed.ping_id = regions.ping_id
                where {"listed.country = ?" if country else "? = ''"}
            )
            select * exclude (place, n_for_anyone)
            from ordered
            where n_for_anyone < {self.manifest.candidates}
            order by place
            """,
            country,
        )
        popular_reason = f"popular in {country}" if country else "globally popular"

        def reason(is_popular: bool, is_recent: bool) -> str:
            reasons = [popular_reason] * is_popular + ["recent"] * is_recent
            return "; ".join(reasons) or "popular/new"

        return [
            (
                Listed(
                    *(ping_id, base, popularity_part, 0.0, 0.0, freshness_part, 0.0, 0.0),
                    reason(is_popular, is_recent),
                ),
                regions,
            )
            for ping_id, base, popularity_part, freshness_part, is_popular, is_recent, regions in (
                found
            )
        ]

    # --- pings ----------------------------------------------------------------------------------

    def heads(self) -> Iterator[Record]:
        """The first pings of the catalogue, of each category and of each creator."""
        first = "order by base_score desc, ping_id"
        overall = self.rows(f"select ping_id from serving_pings {first} limit ?", self._depth)
        yield OVERALL_HEAD, pack_ids([ping_id for (ping_id,) in overall])
        for column, key in (("category", category_key), ("creator_id", creator_key)):
            found = self.connection.cursor().execute(
                f"""
                select {column}, list(ping_id {first})
                from (
                    select *, row_number() over (partition by {column} {first}) as place
                    from serving_pings
                    where {column} is not null
                )
                where place <= ?
                group by {column}
                order by {column}
                """,
                [self._depth],
            )
            yield from ordered((key(name), pack_ids(ping_ids)) for name, ping_ids in fetched(found))

    @property
    def _depth(self) -> int:
        """Pings of a head: a list, and as many as a user may have seen since."""
        return 2 * self.manifest.candidates

    def pings(self) -> Iterator[Record]:
        """What every ping of the catalogue adds to a score, and what restricts it."""
        found = self.connection.cursor().execute(
            """
            with restrictions as (
                select
                    ping_id,
                    list(restriction_value order by restriction_value)
                        filter (where restriction_type = 'region') as regions,
                    list(restriction_value order by restriction_value)
                        filter (where restriction_type = 'entry') as entries
                from serving_restrictions
                group by ping_id
            )
            select
                pings.ping_id, pings.base_score, pings.popularity_part, pings.freshness_part,
                pings.category, pings.creator_id, pings.is_globally_popular, pings.is_recent,
                restrictions.regions, coalesce(restrictions.entries, [])
            from serving_pings as pings
            left join restrictions on pings.ping_id = restrictions.ping_id
            order by pings.ping_id
            """
        )
        yield from ordered(
            (ping_key(ping_id), Ping(*values).pack()) for ping_id, *values in fetched(found)
        )

    # --- users ----------------------------------------------------------------------------------

    def ranges(self) -> list[tuple[str, str]]:
        """The first and the last user of every part that is read at a time."""
        return user_ranges(self.connection, "serving_users")

    def seen(self) -> Iterator[Record]:
        """The pings that a user has any event on."""
        yield from ordered(
            (seen_key(user_id), pack_ids(ping_ids))
            for first, last in self.ranges()
            for user_id, ping_ids in self._lists("user_ping_engagement", "ping_id", first, last)
        )

    def users(self) -> Iterator[Record]:
        yield from ordered(
            (user_key(user_id), user.pack())
            for first, last in self.ranges()
            for user_id, user in self._users(first, last)
        )

    def _lists(
        self, table: str, values: str, first: str, last: str, order: str | None = None
    ) -> list[tuple[Any, ...]]:
        """A user's values of a table as lists, of some users.

        values: columns. order: of the rows; by the first of the columns where nothing else.
        """
        lists = ", ".join(
            f"list({value} order by {order or values.split(',')[0]})" for value in values.split(",")
        )
        return self.rows(
            f"select user_id, {lists} from {table} where user_id between ? and ? "
            "group by user_id order by user_id",
            first,
            last,
        )

    def _users(self, first: str, last: str) -> Iterator[tuple[str, User]]:
        candidates = dict(self._lists("serving_candidates", "ping_id", first, last, "rank"))
        categories = self._counts("user_category_affinity", "category", first, last)
        creators = self._counts("user_creator_affinity", "creator_id", first, last)
        declared = self._declared(first, last)
        entries = dict(self._lists("serving_blocks", "entry", first, last))
        arms, kept = self._arms(first, last), self._kept_lists(first, last)
        for user_id, region, n_events in self.rows(
            "select user_id, region, n_affinity_events from serving_users "
            "where user_id between ? and ? order by user_id",
            first,
            last,
        ):
            strategy, listed = kept.get(user_id, (HEURISTIC, []))
            yield (
                user_id,
                User(
                    candidates=candidates.get(user_id, ()),
                    n_events=n_events,
                    categories=categories.get(user_id, {}),
                    creators=creators.get(user_id, {}),
                    declared=declared.get(user_id, {}),
                    region=region,
                    entries=entries.get(user_id, ()),
                    arm=arms.get(user_id),
                    strategy=strategy,
                    listed=listed,
                ),
            )

    def _counts(self, table: str, name: str, first: str, last: str) -> dict[str, dict[str, int]]:
        return {
            user_id: dict(zip(names, counts, strict=True))
            for user_id, names, counts in self._lists(table, f"{name},n_events", first, last)
        }

    def _declared(self, first: str, last: str) -> dict[str, dict[str, float]]:
        weight = self.manifest.weight_declared
        if not weight > 0:
            return {}
        return {
            user_id: {
                category: weight * affinity
                for category, affinity in zip(categories, affinities, strict=True)
                if affinity > 0
            }
            for user_id, categories, affinities in self._lists(
                "declared_affinities", "category,affinity", first, last
            )
        }

    def _arms(self, first: str, last: str) -> dict[str, str]:
        if not self.manifest.arms:
            return {}
        return dict(
            self.rows(
                "select user_id, arm from experiment_users "
                "where experiment_id = ? and user_id between ? and ?",
                self.manifest.experiment,
                first,
                last,
            )
        )

    def _kept_lists(self, first: str, last: str) -> dict[str, tuple[str, list[Listed]]]:
        """The lists that are not what scoring makes of the candidates, each with its strategy."""
        kept: dict[str, tuple[str, list[Listed]]] = {}
        if self.manifest.strategy == HEURISTIC and not self.manifest.is_reranked:
            return kept
        for user_id, strategy, *values in self.rows(
            """
            select
                user_id, strategy, ping_id, score, popularity_part, category_part, creator_part,
                freshness_part, declared_part, rerank_part, reason
            from recommendations
            where user_id between ? and ? and (? or strategy <> 'heuristic')
            order by user_id, rank
            """,
            first,
            last,
            self.manifest.is_reranked,
        ):
            kept.setdefault(user_id, (strategy, []))[1].append(Listed(*values))
        return kept


def fetched(found: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    """The rows of what was executed, some at a time."""
    while rows := found.fetchmany(AT_A_TIME):
        yield from rows
