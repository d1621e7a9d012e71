"""What is served is what the warehouse says, to the last bit: also with events since the build."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from random_logs import restricted
from topk_logs import crowded_log, random_interests
from warehouse import MODELS_ONLY, Warehouse

from pingtop_serving.events import DUPLICATE, events_since
from pingtop_serving.recommend import recommend
from pingtop_serving.records import MANIFEST, Manifest
from pingtop_serving.stores import open_store
from releases.release import Release
from serving.export import export
from serving.parity import Held, refreshed, served_lists, wanted_lists
from serving.records_of_release import release_records

CANDIDATES = 60  # of 400 pings: few, so that lists with new events must look at heads
VARIABLES = {
    "serving_enabled": True,
    "serving_candidates": CANDIDATES,
    "serving_country_users": 40,
    "weight_declared": 0.1,
}
SELECTED = ("recommendations", "path:models/marts/serving", "user_ping_engagement")
SELECTED += ("user_category_affinity", "user_creator_affinity", "declared_affinities")
SELECTED += ("rejected_rows",)
NEWCOMERS = {"newcomer_ng": "NG", "newcomer_za": "za", "newcomer_none": None}


def raw_event(rng: np.random.Generator, user_id: str, ping_id: str, number: int) -> dict[str, Any]:
    """An event after the log's end, spelled in one of many ways, some of which are refused."""
    at = pd.Timestamp("2024-02-21 00:00") + pd.Timedelta(seconds=number)
    spellings = [
        str(at),
        f"{at.isoformat()}Z",
        f"{(at + pd.Timedelta(hours=2)).isoformat()}+02:00",
        f"{(at - pd.Timedelta(minutes=90)).isoformat()}-0130",
        f" {at.strftime('%Y-%m-%d %H:%M:%S')}.250 ",
        str(int(at.timestamp())),
        f"{int(at.timestamp() * 1000) + 125}",
    ]
    event = {
        "event_id": None,
        "user_id": user_id,
        "ping_id": ping_id,
        "event_type": str(rng.choice(["view", "share", "Follow-Creator", " like ", "HIDE"])),
        "event_timestamp": str(rng.choice(spellings)),
        "watch_time_sec": None,
    }
    if rng.random() < 0.15:
        name, values = {
            0: ("event_type", ["watched", ""]),
            1: ("ping_id", ["", "  "]),
            2: ("event_timestamp", ["", "yesterday", "2024-02-30 10:00:00", "2024-02-21 25:00:00"]),
            3: ("watch_time_sec", ["-1", "inf", "nan"]),
            4: ("watch_time_sec", ["soon", "0", "4.5"]),  # accepted
            5: ("event_id", ["e1", "e2"]),  # of the user: repeated
        }[int(rng.integers(6))]
        event[name] = str(rng.choice(values))
        if name == "event_id":
            event[name] = f"{user_id}-{event[name]}"
    return event


def new_events(users: pd.DataFrame, pings: pd.DataFrame) -> list[dict[str, Any]]:
    """Some of half of the users, of one who is not known, and on pings that are not."""
    rng = np.random.default_rng(20_240_221)
    ids = [*pings["ping_id"], "p_unheard_of"]
    events: list[dict[str, Any]] = []
    for user_id in [*users["user_id"][::2], "nobody", "ghost"]:
        liked = rng.choice(ids, 6)
        for ping_id in rng.choice(liked, int(rng.choice([1, 2, 5, 20]))):
            event = raw_event(rng, user_id, str(ping_id), len(events))
            events += [event] * (2 if rng.random() < 0.1 else 1)
    return events


@dataclass(frozen=True)
class Built:
    """What two builds say, the second with more events."""

    release: Release
    records: dict[str, bytes]  # of the first
    wanted: dict[str, list[tuple[Any, ...]]]
    candidates: dict[str, list[str]]
    events: dict[str, list[dict[str, Any]]]
    later_records: dict[str, bytes]
    later_wanted: dict[str, list[tuple[Any, ...]]]
    rejected: Counter[str]  # of the events


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    warehouse = Warehouse(tmp_path_factory.mktemp("parity"))
    users, pings, interactions = restricted(crowded_log(3), 3)
    users = users.assign(country=np.where(np.arange(len(users)) % 3 == 0, "ZA", "NG"))
    newcomers = pd.DataFrame({"user_id": list(NEWCOMERS), "region": list(NEWCOMERS.values())})
    everyone = pd.concat([users, newcomers], ignore_index=True)
    warehouse.write_raw(everyone, pings, interactions)
    interests = random_interests((users, pings, interactions), 3)
    interests.to_csv(warehouse.raw / "topic_affinities.csv", index=False)
    whole = warehouse.raw / "interactions.csv"
    (warehouse.raw / "interactions").mkdir()
    whole.rename(warehouse.raw / "interactions" / "1.csv")

    def build() -> Release:
        done = warehouse.dbt(
            *("build", *MODELS_ONLY, "--select", *(f"+{name}" for name in SELECTED)),
            variables=VARIABLES,
        )
        assert done.returncode == 0, done.stdout[-4000:]
        tables = {"serving_settings": {}}
        facts = {"tables": tables, "variables": VARIABLES, "built_at": "2024-02-21T01:00:00Z"}
        return Release(warehouse.database.parent, facts)

    release = build()
    records, wanted = dict(release_records(release)), wanted_lists(release)
    candidates = defaultdict(list)
    for user_id, ping_id in warehouse.rows(
        "select user_id, ping_id from serving_candidates order by user_id, rank"
    ):
        candidates[user_id].append(ping_id)
    events = new_events(users, pings)
    more = pd.DataFrame(events)
    more.to_csv(warehouse.raw / "interactions" / "2.csv", index=False)
    later = build()
    of_user = {
        user: list(some)
        for user, some in groupby(
            sorted(events, key=lambda event: event["user_id"]), lambda event: event["user_id"]
        )
    }
    return Built(
        *(release, records, wanted, candidates, of_user),
        dict(release_records(later)),
        wanted_lists(later),
        Counter(
            dict(
                warehouse.rows(
                    "select reject_reason, count(*) from rejected_rows "
                    "where source_table = 'interactions' group by reject_reason"
                )
            )
        ),
    )


def differing(
    served: Iterator[tuple[str, list[tuple[Any, ...]]]], wanted: dict[str, list[tuple[Any, ...]]]
) -> list[str]:
    return [user_id for user_id, places in served if places != wanted.get(user_id, [])]


def test_records_come_ordered_and_once(built: Built) -> None:
    keys = [key for key, _ in release_records(built.release)]
    assert keys == sorted(set(keys))


def test_every_list_is_the_warehouses_to_the_last_bit(built: Built, tmp_path: Path) -> None:
    """From a store that a release was exported into: order, scores, parts and reasons."""
    store = open_store(f"sqlite:///{tmp_path}/serving.sqlite")
    export(store, "one", sorted(built.records.items()))
    assert len(built.wanted) > 300
    assert differing(served_lists(store, built.wanted, {}), built.wanted) == []
    store.close()


def test_longer_lists_are_the_candidates(built: Built) -> None:
    store = Held(built.records)
    for user_id, candidates in built.candidates.items():
        found = recommend(store, user_id, CANDIDATES).recommendations
        assert [place.ping_id for place in found] == candidates
    assert max(map(len, built.candidates.values())) == CANDIDATES


def test_with_events_since_the_build_lists_are_those_of_the_next_build(built: Built) -> None:
    """As far as candidates and heads reach, which is everywhere here."""
    store = Held(refreshed(built.records, built.later_records))
    changed = [
        user for user in built.events if built.later_wanted.get(user) != built.wanted.get(user)
    ]
    assert len(changed) > 100
    assert (
        differing(served_lists(store, built.later_wanted, built.events), built.later_wanted) == []
    )


def test_events_are_refused_as_the_intake_refuses_them(built: Built) -> None:
    manifest = Manifest.unpack(built.records[MANIFEST])
    rejected: Counter[str] = Counter()
    for user_id, events in built.events.items():
        since = events_since(events, user_id, manifest.event_types, manifest.data_to)
        rejected.update(since.rejected)
    assert rejected == built.rejected
    assert len(rejected) == 5
    assert rejected[DUPLICATE] > 20


@pytest.mark.parametrize(("user_id", "region"), NEWCOMERS.items())
def test_who_is_not_known_gets_the_list_of_a_newcomer_of_the_region(
    built: Built, user_id: str, region: str | None
) -> None:
    answer = recommend(Held(built.records), "somebody else", region=region)
    assert answer.strategy == "default"
    assert [tuple(place.__dict__.values()) for place in answer.recommendations] == built.wanted[
        user_id
    ]


def test_a_country_with_enough_users_has_a_list_of_its_own(built: Built) -> None:
    store = Held(built.records)
    for region in (None, "NG", "atlantis"):
        lists = {
            country: [
                (place.ping_id, place.popularity_part)
                for place in recommend(store, "x", country=country, region=region).recommendations
            ]
            for country in (None, "NG", "ZA", "unheard of")
        }
        assert lists["unheard of"] == lists[None]
        assert lists["NG"] != lists[None] != lists["ZA"] != lists["NG"]
        assert {len(places) for places in lists.values()} == {10}


def test_what_does_not_change_packs_to_the_same_bytes(built: Built) -> None:
    assert dict(release_records(built.release)) == built.later_records
