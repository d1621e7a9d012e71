"""The list of one user for one request, from what a store holds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from heapq import nsmallest
from typing import Any, Protocol

from pingtop_serving.answer import Answer, Recommendation
from pingtop_serving.errors import BadRequestError, EmptyStoreError, GenerationGoneError
from pingtop_serving.events import events_since
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
    ping_key,
    seen_key,
    unpack_ids,
    unpack_list,
    user_key,
)
from pingtop_serving.scoring import Taste, best, is_restricted

LONGEST_LIST = 200
PINGS_KEPT = 50_000  # unpacked, by what they are packed to
MOST_HEADS = 20  # of what a user liked before, of categories and of creators
LONGEST_ID = 1000  # characters of a user id
HEURISTIC, SERVED, DEFAULT = "heuristic", "served", "default"  # what an arm is given; a strategy
GBDT = "gbdt"  # whose lists are made at the request, where lightgbm is installed


class Snapshot(Protocol):
    """One generation of a store."""

    @property
    def generation(self) -> int: ...
    def get(self, keys: Sequence[str]) -> Sequence[bytes | None]: ...


class TreeList(Protocol):
    """trees.tree_list."""

    def __call__(
        self,
        snapshot: Snapshot,
        user_id: str,
        k: int,
        left_out: Collection[str],
        restricted: Callable[[Sequence[str]], Collection[str]],
    ) -> list[Listed] | None: ...


class Store(Protocol):
    """What is read of a store."""

    def snapshot(self) -> Snapshot: ...


def recommend(
    store: Store,
    user_id: str,
    k: int = 10,
    *,
    events: Iterable[Mapping[str, Any]] = (),
    arm: str | None = None,
    country: str | None = None,
    region: str | None = None,
) -> Answer:
    """The first k pings of a user's list, with their parts and reasons.

    events: of the raw contract, since the build; they count at once.
    arm: of the experiment that decides what is served, instead of the user's own.
    country, region: of a user whom the store does not know.
    """
    user_id = checked_user(user_id)
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= LONGEST_LIST:
        raise BadRequestError(f"k is a whole number from 1 to {LONGEST_LIST}.")
    asked = (user_id, k, checked_events(events), arm, country, region)
    try:
        return _Request(store.snapshot(), *asked).answer()
    except GenerationGoneError:  # an export removed meanwhile what was read: all of it anew
        return _Request(store.snapshot(), *asked).answer()


def checked_user(user_id: object) -> str:
    """A user id as the log has it: without blanks around it."""
    if not isinstance(user_id, str) or not user_id.strip(" "):
        raise BadRequestError("user_id is a text that is not empty.")
    if len(user_id) > LONGEST_ID:
        raise BadRequestError(f"user_id has at most {LONGEST_ID:,} characters.")
    return user_id.strip(" ")


def checked_events(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The events: what is in them is looked at later, as the intake does."""
    given = list(events) if isinstance(events, Iterable) else [None]
    if not all(isinstance(event, Mapping) for event in given):
        raise BadRequestError("events is a list of events in the raw contract.")
    return given


def read_manifest(snapshot: Snapshot) -> Manifest:
    """The manifest of a generation."""
    (data,) = snapshot.get([MANIFEST])
    return _manifest(data)


@lru_cache(maxsize=8)
def _unpacked(data: bytes) -> Manifest:
    return Manifest.unpack(data)


@lru_cache(maxsize=1)
def tree_lists() -> TreeList | None:
    """What makes lists by trees; none where it cannot be loaded, which is said once."""
    try:
        from pingtop_serving.trees import tree_list
    except (ImportError, OSError):
        logging.getLogger("pingtop_serving").warning(
            "lightgbm cannot be loaded (pip install -r requirements-ranking.txt): the lists of "
            "gbdt are served as the build has stored them, without what was seen since."
        )
        return None
    return tree_list


@lru_cache(maxsize=PINGS_KEPT)
def _ping(data: bytes) -> Ping:
    return Ping.unpack(data)


def _manifest(data: bytes | None) -> Manifest:
    if data is None:
        raise EmptyStoreError(
            "Nothing was exported into the store yet: export a release (scripts/serve.py export)."
        )
    return _unpacked(data)


def plain_region(region: str | None) -> str:
    """A region as restrictions name it: character by character in lower case."""
    return "".join(letter.lower()[:1] for letter in (region or "").strip(" "))


def most_liked(counts: Mapping[str, int]) -> list[str]:
    """The categories or creators that a user has most events on."""
    return nsmallest(MOST_HEADS, counts, key=lambda name: (-counts[name], name))


class _Request:
    """One request, and the generation that it is answered from."""

    def __init__(
        self,
        snapshot: Snapshot,
        user_id: str,
        k: int,
        events: Sequence[Mapping[str, Any]],
        arm: str | None,
        country: str | None,
        region: str | None,
    ) -> None:
        self.snapshot = snapshot
        self.user_id, self.k = user_id, k
        self.country, self.region = (country or "").strip(" "), plain_region(region)
        manifest, user = snapshot.get([MANIFEST, user_key(user_id)])
        self.manifest = _manifest(manifest)
        self.is_known = user is not None
        self.user = User(region=self.region) if user is None else User.unpack(user)
        if arm is not None and arm not in self.manifest.arms:
            known = ", ".join(sorted(self.manifest.arms)) or "none"
            raise BadRequestError(f"There is no arm of that name (known: {known}).")
        self.arm = arm or (self.user.arm if self.user.arm in self.manifest.arms else None)
        self.since = events_since(events, user_id, self.manifest.event_types, self.manifest.data_to)

    def answer(self) -> Answer:
        if not self.is_known and not self.since.seen:
            return self._as_answer(DEFAULT, self._default_list())
        gets = self.manifest.arms.get(self.arm, SERVED) if self.arm else SERVED
        if not self.user.listed or gets == HEURISTIC:
            return self._as_answer(HEURISTIC, self._scored(()))
        left_out = self.since.seen
        if self.manifest.is_refreshed:
            (seen,) = self.snapshot.get([seen_key(self.user_id)])
            left_out = left_out.union(unpack_ids(seen))
        listed = self._by_trees(left_out)
        if listed is None:
            left_out = left_out.union(self._restricted([one.ping_id for one in self.user.listed]))
            listed = [place for place in self.user.listed if place.ping_id not in left_out]
        if len(listed) < self.k:
            listed += self._scored({place.ping_id for place in listed})
        return self._as_answer(self.user.strategy, listed)

    def _by_trees(self, left_out: frozenset[str]) -> list[Listed] | None:
        """The list as the trees order it; none where they do not, or cannot."""
        tree_list = tree_lists() if self.user.strategy == GBDT else None
        return tree_list and tree_list(
            self.snapshot, self.user_id, self.k, left_out, self._restricted
        )

    def _restricted(self, ping_ids: Sequence[str]) -> set[str]:
        """Of the pings of a kept list those that are kept from the user since the build."""
        if not self.manifest.is_refreshed:
            return set()
        return {
            ping_id
            for ping_id, ping in self._pings(ping_ids).items()
            if is_restricted(ping, self.user.region, self.user.entries)
        }

    def _as_answer(self, strategy: str, places: Sequence[Listed]) -> Answer:
        return Answer(
            user_id=self.user_id,
            generation=self.snapshot.generation,
            strategy=strategy,
            arm=self.arm,
            recommendations=tuple(
                Recommendation(rank, *place.values())
                for rank, place in enumerate(places[: self.k], start=1)
            ),
        )

    def _default_list(self) -> list[Listed]:
        """Of the country and the region, as far as there is one for them."""
        keys = dict.fromkeys(
            default_key(country, region)
            for country in (self.country, "")
            for region in (self.region, "")
        )
        found = [data for data in self.snapshot.get(list(keys)) if data is not None]
        return unpack_list(found[0]) if found else []

    def _pings(self, ping_ids: Iterable[str]) -> dict[str, Ping]:
        """What the catalogue has of some pings."""
        wanted = list(dict.fromkeys(ping_ids))
        found = self.snapshot.get([ping_key(ping_id) for ping_id in wanted]) if wanted else ()
        return {
            ping_id: _ping(data)
            for ping_id, data in zip(wanted, found, strict=True)
            if data is not None
        }

    def _scored(self, listed: Iterable[str]) -> list[Listed]:
        """The best pings by the heuristic, without what is listed already."""
        listed = frozenset(listed)
        is_as_built = not self.since.seen and not self.manifest.is_refreshed
        if is_as_built:
            # the order of the candidates is that of their scores
            chosen = [ping for ping in self.user.candidates if ping not in listed][: self.k]
            taste = Taste.of(self.user, {}, {})
            return best(self._pings(chosen), self.user, taste, (), self.manifest, self.k)
        new_pings = self._pings(self.since.pings)
        taste = Taste.of(self.user, self.since.pings, new_pings)
        heads, seen = self._heads(new_pings)
        left_out = listed | self.since.seen | seen
        candidates = [*self.user.candidates, *self.manifest.new_pings]
        pings = self._pings(ping for ping in candidates if ping not in left_out)
        pings |= self._first_of_heads(heads, left_out, pings)
        return best(pings, self.user, taste, left_out, self.manifest, self.k)

    def _heads(self, new_pings: Mapping[str, Ping]) -> tuple[list[list[str]], frozenset[str]]:
        """The heads of all that is new, and what the user has seen up to the build."""
        categories = {ping.category for ping in new_pings.values() if ping.category is not None}
        creators = {ping.creator_id for ping in new_pings.values() if ping.creator_id is not None}
        categories.update(self.user.new_categories)
        creators.update(self.user.new_creators)
        if self.manifest.is_refreshed:  # what is new, or has come up, is in no user's candidates
            categories.update(most_liked(self.user.categories), self.user.declared)
            creators.update(most_liked(self.user.creators))
        keys = [
            *(seen_key(self.user_id), OVERALL_HEAD),
            *map(category_key, sorted(categories)),
            *map(creator_key, sorted(creators)),
        ]
        seen, *heads = map(unpack_ids, self.snapshot.get(keys))
        return heads, frozenset(seen)

    def _first_of_heads(
        self, heads: Sequence[Sequence[str]], left_out: frozenset[str], known: Mapping[str, Ping]
    ) -> dict[str, Ping]:
        """Of every head the first k pings that the user may have: no list needs more of it."""
        found = dict(known)
        waiting = [[ping for ping in head if ping not in left_out] for head in heads]
        at = [0] * len(waiting)
        missing = [self.k] * len(waiting)
        while True:
            wanted = [
                head[start : start + lack]
                for head, start, lack in zip(waiting, at, missing, strict=True)
            ]
            if not any(wanted):
                return found
            found |= self._pings(ping for head in wanted for ping in head if ping not in found)
            for number, head in enumerate(wanted):
                at[number] += len(head)
                missing[number] -= sum(
                    ping in found
                    and not is_restricted(found[ping], self.user.region, self.user.entries)
                    for ping in head
                )
