"""Users and pings of a store, to ask for and to post events of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from common import InputError
from pingtop_serving.events import read_timestamp
from pingtop_serving.recommend import read_manifest

if TYPE_CHECKING:
    from pingtop_serving.stores import Store


def names(store: Store, kind: str) -> list[str]:
    """What a store has of a kind: the names in its keys, where they stand there in plain."""
    return [
        key.partition("|")[2]
        for part in store.scan()
        for key, _ in part
        if key.startswith(f"{kind}|")
    ]


def some_users(store: Store, count: int, seed: int) -> list[str]:
    """Users of a store, drawn; all where there are fewer."""
    found = sorted(set(names(store, "u")))
    if not found:
        raise InputError("the store has no users: export a release first (serve.py export).")
    return Random(seed).sample(found, min(count, len(found)))


def some_pings(store: Store, count: int) -> list[str]:
    """Pings of a store."""
    return sorted(set(names(store, "p")))[:count]


def events_of(
    store: Store, user_id: str, count: int, pings: Sequence[str], random: Random
) -> list[dict[str, Any]]:
    """Views of a user, each a minute after the other, from after the build on."""
    if not count:
        return []
    newest = read_timestamp(read_manifest(store.snapshot()).data_to)
    if newest is None:
        raise InputError("the store's release has no events: export another one.")
    return [
        {
            "user_id": user_id,
            "ping_id": random.choice(pings),
            "event_type": "view",
            "event_timestamp": f"{newest + timedelta(minutes=number + 1)}Z",
            "watch_time_sec": 5.0,
        }
        for number in range(count)
    ]
