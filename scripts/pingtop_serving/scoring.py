"""The heuristic score of a ping for a user, with its parts and its reason.

Every number is made of the warehouse's own doubles by the same operations in the same order
(macros/recommender/heuristic_score.sql), so that it is equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from heapq import nsmallest

from pingtop_serving.records import Listed, Manifest, Ping, User


@dataclass(frozen=True)
class Taste:
    """What a user did and declared, up to the request."""

    n_events: int
    categories: Mapping[str, int]
    creators: Mapping[str, int]
    declared: Mapping[str, float]

    @classmethod
    def of(cls, user: User, new_pings: Mapping[str, int], pings: Mapping[str, Ping]) -> Taste:
        """A user's, with events since the build: by ping, and what is known of these pings."""
        categories, creators = dict(user.categories), dict(user.creators)
        for ping_id, n_events in new_pings.items():
            ping = pings.get(ping_id)
            for counts, name in (
                (categories, ping and ping.category),
                (creators, ping and ping.creator_id),
            ):
                if name is not None:
                    counts[name] = counts.get(name, 0) + n_events
        n_events = user.n_events + sum(new_pings.values())
        return cls(n_events, categories, creators, user.declared)


def is_restricted(ping: Ping, region: str, entries: Collection[str]) -> bool:
    """Whether a ping is kept from a user of a region with a blocklist."""
    if ping.regions is not None and region not in ping.regions:
        return True
    return any(entry in entries for entry in ping.entries)


def parts(ping: Ping, taste: Taste, manifest: Manifest) -> tuple[float, float, float]:
    """What category, creator and declared interest add to a ping's score for a user."""
    category, creator = ping.category, ping.creator_id
    in_category = taste.categories.get(category, 0) if category is not None else 0
    of_creator = taste.creators.get(creator, 0) if creator is not None else 0
    return (
        manifest.weight_category * (in_category / taste.n_events) if in_category else 0.0,
        manifest.weight_creator * (of_creator / taste.n_events) if of_creator else 0.0,
        taste.declared.get(category, 0.0) if category is not None else 0.0,
    )


def scored(ping_id: str, ping: Ping, taste: Taste, manifest: Manifest) -> Listed:
    """A ping with its score for a user."""
    category_part, creator_part, declared_part = parts(ping, taste, manifest)
    reasons = [
        *([f"prefers cat={ping.category}"] if taste.categories.get(ping.category) else ()),
        *(["engaged this creator"] if taste.creators.get(ping.creator_id) else ()),
        *([f"declared interest in {ping.category}"] if declared_part > 0 else ()),
        *(["globally popular"] if ping.is_popular else ()),
        *(["recent"] if ping.is_recent else ()),
    ]
    return Listed(
        ping_id=ping_id,
        score=ping.base_score + category_part + creator_part + declared_part,
        popularity_part=ping.popularity_part,
        category_part=category_part,
        creator_part=creator_part,
        freshness_part=ping.freshness_part,
        declared_part=declared_part,
        rerank_part=0.0,
        reason="; ".join(reasons) or "popular/new",
    )


def best(
    pings: Mapping[str, Ping],
    user: User,
    taste: Taste,
    left_out: Collection[str],
    manifest: Manifest,
    k: int,
) -> list[Listed]:
    """The first k of the pings that a user may have, the best first; of equal ones the lower id."""
    found = []
    for ping_id, ping in pings.items():
        if ping_id not in left_out and not is_restricted(ping, user.region, user.entries):
            category_part, creator_part, declared_part = parts(ping, taste, manifest)
            score = ping.base_score + category_part + creator_part + declared_part
            found.append((-score, ping_id))
    # what is shown of a place is made of those that are
    return [scored(ping_id, pings[ping_id], taste, manifest) for _, ping_id in nsmallest(k, found)]
