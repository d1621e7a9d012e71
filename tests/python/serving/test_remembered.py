"""What is kept of a store between requests: what is of no user, of the generation served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from small_store import PINGS, SmallStore, base_of

from pingtop_serving.errors import GenerationGoneError, StoreDownError
from pingtop_serving.recommend import recommend
from pingtop_serving.records import (
    MANIFEST,
    OVERALL_HEAD,
    Manifest,
    Ping,
    category_key,
    default_key,
    is_of_user,
    ping_key,
    seen_key,
    tree_ping_key,
    tree_user_key,
    user_key,
)
from pingtop_serving.remembered import RememberedStore

VIEW = {"user_id": "u1", "ping_id": "p3", "event_type": "view", "event_timestamp": "2024-02-21"}


class Counted(SmallStore):
    """A store that notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        self.asked += keys
        return super().get(keys)


def test_the_same_lists_for_fewer_reads() -> None:
    plain, store = Counted(), Counted()
    remembered = RememberedStore(store)
    for user in ("u1", "nobody", "u1", "nobody"):
        for events in ((), (VIEW,), (VIEW | {"ping_id": "unknown"},)):
            own = [event | {"user_id": user} for event in events]
            for k in (3, 30):
                found = recommend(remembered, user, k, events=own)
                assert found == recommend(plain, user, k, events=own)
    assert len(store.asked) < len(plain.asked) / 5
    # of what is of no user, each once; the manifest tells generations apart
    shared = [key for key in store.asked if key != MANIFEST and key[:2] not in ("u|", "s|")]
    assert len(shared) == len(set(shared))
    assert not [key for key in remembered.newest[1] if key[:2] in ("u|", "s|")]


def test_records_of_users_are_told_by_their_keys() -> None:
    for name in ("u", "u|~", "u" * 999):
        assert all(is_of_user(key(name)) for key in (user_key, seen_key, tree_user_key))
        assert not any(is_of_user(key(name)) for key in (ping_key, category_key, tree_ping_key))
    assert not any(map(is_of_user, (MANIFEST, OVERALL_HEAD, default_key("u", "u"))))


def test_another_generation_is_read_anew_also_of_the_same_number() -> None:
    store = Counted()
    remembered = RememberedStore(store)
    assert recommend(remembered, "u1", 2).recommendations[1].popularity_part == base_of(5)
    better = Ping(1.0, 1.0, 0.0, "odd", "c1", True, True).pack()
    store.records[ping_key("p5")] = better
    assert recommend(remembered, "u1", 2).recommendations[1].popularity_part == base_of(5)
    store.generation = 8
    assert recommend(remembered, "u1", 2).recommendations[0].popularity_part == 1.0
    # a store that was emptied and filled anew counts from one again: the manifest is another
    store.records[ping_key("p5")] = Ping(0.0, 0.0, 0.0, "odd", "c1", True, True).pack()
    manifest = Manifest.unpack(store.records[MANIFEST])
    store.records[MANIFEST] = replace(manifest, built_at="2024-02-22T01:00:00").pack()
    parts = {
        one.ping_id: one.popularity_part for one in recommend(remembered, "u1").recommendations
    }
    assert parts["p5"] == 0.0


def test_no_more_is_kept_than_there_is_room_for() -> None:
    store = Counted()
    remembered = RememberedStore(store, most=10)
    for _ in range(3):
        assert recommend(remembered, "u1", 29) == recommend(store, "u1", 29)
    assert len(remembered.newest[1]) == 10


def test_what_is_not_there_does_not_take_the_room_of_what_is() -> None:
    remembered = RememberedStore(SmallStore(), most=40)
    junk = [VIEW | {"ping_id": f"none{number}"} for number in range(100)]
    recommend(remembered, "u1", 1, events=junk)
    recommend(remembered, "u1", 29)
    kept = remembered.newest[1]
    assert list(kept.values()).count(None) == 4
    assert set(PINGS[1:]) <= {key[2:] for key in kept}


def test_what_is_removed_while_it_is_read_is_read_once_more() -> None:
    class Pruned(Counted):
        times = 1

        def get(self, keys: Sequence[str]) -> list[bytes | None]:
            if self.times and ping_key(PINGS[2]) in keys:
                self.times -= 1
                raise GenerationGoneError("gone")
            return super().get(keys)

    store = Pruned()
    remembered = RememberedStore(store)
    found = remembered.read(lambda snapshot: snapshot.get([MANIFEST, ping_key(PINGS[2])]))
    assert found[1] == store.records[ping_key(PINGS[2])]
    store.is_down = True
    with pytest.raises(StoreDownError):
        remembered.read(lambda snapshot: snapshot.get([MANIFEST]))
