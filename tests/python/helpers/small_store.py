"""A store that holds little: enough for a server to answer from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pingtop_serving.errors import EmptyStoreError, StoreDownError
from pingtop_serving.records import (
    MANIFEST,
    OVERALL_HEAD,
    Listed,
    Manifest,
    Ping,
    User,
    category_key,
    default_key,
    pack_ids,
    pack_list,
    ping_key,
    seen_key,
    user_key,
)

PINGS = [f"p{number}" for number in range(1, 31)]
TYPES = ("view", "like", "share", "comment", "follow_creator", "click", "impression", "hide")
ODD_USER = "a/b?c#d %2F ü 🐟 .."


def base_of(number: int) -> float:
    """What a ping scores for everybody: less with its number."""
    return (60 - number) / 128


def small_records() -> dict[str, bytes]:
    """Of 30 pings in two categories and the users u1 and ODD_USER, who have seen p1."""
    manifest = Manifest(
        release="a release", built_at="2024-02-21T01:00:00", data_to="2024-02-20T23:00:00",
        strategy="heuristic", is_reranked=False, top_k=10, candidates=200, weight_category=0.25,
        weight_creator=0.15, weight_declared=0.0,
        event_types={name.replace("_", ""): name for name in TYPES},
        experiment="e1", arms={"control": "heuristic", "treatment": "served"}, counts={},
    )  # fmt: skip
    records = {MANIFEST: manifest.pack(), OVERALL_HEAD: pack_ids(PINGS)}
    for number, ping in enumerate(PINGS, 1):
        records[ping_key(ping)] = Ping(
            base_score=base_of(number), popularity_part=base_of(number), freshness_part=0.0,
            category="even" if number % 2 == 0 else "odd", creator_id="c1",
            is_popular=number < 5, is_recent=False,
        ).pack()  # fmt: skip
    for remainder, category in enumerate(("even", "odd")):
        records[category_key(category)] = pack_ids(
            [ping for number, ping in enumerate(PINGS, 1) if number % 2 == remainder]
        )
    # the odd ones, of which the user has seen one, score a quarter of a quarter more
    liked = [(number % 2 / 16 + base_of(number), ping) for number, ping in enumerate(PINGS, 1)]
    candidates = [ping for _, ping in sorted(liked, reverse=True) if ping != "p1"]
    for user_id in ("u1", ODD_USER):
        records[user_key(user_id)] = User(
            candidates=candidates, n_events=4, categories={"odd": 1}, creators={"c1": 4}
        ).pack()
        records[seen_key(user_id)] = pack_ids(["p1"])
    for country in ("", "de"):
        records[default_key(country, "")] = pack_list(
            [
                Listed(ping, base_of(at), base_of(at), 0.0, 0.0, 0.0, 0.0, 0.0, "globally popular")
                for at, ping in enumerate(PINGS[3:] if country else PINGS, 4 if country else 1)
            ]
        )
    return records


class SmallStore:
    """Records in a dictionary; generation None: nothing was exported yet."""

    def __init__(self, generation: int | None = 7) -> None:
        self.generation = generation
        self.records = small_records()
        self.posted: dict[str, list[bytes]] = {}
        self.is_down = False

    def _check(self) -> None:
        if self.is_down:
            raise StoreDownError("redis://store.internal:6379 does not answer.")

    def snapshot(self) -> Any:  # noqa: ANN401
        self._check()
        if self.generation is None:
            raise EmptyStoreError("nothing was exported into redis://store.internal:6379 yet.")
        return self

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        self._check()
        return [self.records.get(key) for key in keys]

    def append_events(self, user_id: str, events: Sequence[bytes]) -> None:
        self._check()
        self.posted.setdefault(user_id, []).extend(events)

    def events(self, user_id: str) -> list[bytes]:
        self._check()
        return list(self.posted.get(user_id, ()))
