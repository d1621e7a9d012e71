"""Compares what is served with what the warehouse says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from common import open_database
from pingtop_serving.recommend import Store, recommend
from pingtop_serving.records import MANIFEST, Manifest
from releases.release import DATABASE, READ_ONLY, Release

Place = tuple[Any, ...]  # as a Recommendation has it
COLUMNS = (
    "rank, ping_id, score, popularity_part, category_part, creator_part, freshness_part, "
    "declared_part, rerank_part, reason"
)
OF_USERS = ("u", "s")  # kinds of records that an hourly refresh leaves as they are


class Held:
    """Records in memory that are read like a store."""

    generation = 1

    def __init__(self, records: Mapping[str, bytes]) -> None:
        self.records = records

    def snapshot(self) -> Held:
        return self

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        return [self.records.get(key) for key in keys]


def wanted_lists(release: Release) -> dict[str, list[Place]]:
    """The list of every user who has one, as `recommendations` has it."""
    with open_database(release.path / DATABASE, read_only=True, advice=READ_ONLY) as connection:
        found = connection.execute(
            f"select user_id, {COLUMNS} from recommendations order by user_id, rank"
        ).fetchall()
    return {
        user_id: [place[1:] for place in places]
        for user_id, places in groupby(found, key=lambda row: row[0])
    }


def served_lists(
    store: Store, users: Iterable[str], events: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[tuple[str, list[Place]]]:
    """The list that is served to each of some users, with events since the build."""
    for user_id in users:
        answer = recommend(store, user_id, events=events.get(user_id, ()))
        yield user_id, [tuple(place.__dict__.values()) for place in answer.recommendations]


def refreshed(records: Mapping[str, bytes], later: Mapping[str, bytes]) -> dict[str, bytes]:
    """Records of users as they were, and all others as a later build has them.

    So a store is after an hourly job, but for what users did since.
    """
    of_users = {
        key: value for key, value in records.items() if key.split("|")[0].split("~")[0] in OF_USERS
    }
    others = {
        key: value
        for key, value in later.items()
        if key.split("|")[0].split("~")[0] not in OF_USERS
    }
    manifest = replace(Manifest.unpack(records[MANIFEST]), is_refreshed=True)
    return others | of_users | {MANIFEST: manifest.pack()}
