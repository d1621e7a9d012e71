"""Events of a flat log: no sessions, no favourites, and as few repeated pairs as there can be.

In a feed, most exposures of a pair are several events, and popular pings are met again: it has
about half as many pairs of user and ping as events, or fewer. In a flat log, what the warehouse
keeps or sorts by pair is as large as the log itself.
"""

from __future__ import annotations

import numpy as np

from log.plan import (
    CLICK,
    COMMENT,
    DAY_MS,
    FOLLOW,
    HIDE,
    IMPRESSION,
    LIKE,
    SHARE,
    VIEW,
    Array,
    Plan,
    generator,
)
from log.rows import Rows
from log.world import RATIO_STEPS, World, draw

# About what a feed has.
TYPE_SHARES = {
    IMPRESSION: 0.5, VIEW: 0.455, LIKE: 0.02, COMMENT: 0.004, SHARE: 0.003, FOLLOW: 0.003,
    CLICK: 0.012, HIDE: 0.003,
}  # fmt: skip
ROUNDS = 4


def mixed(values: Array, key: np.uint64) -> Array:
    """Numbers that look random, the same for the same values and key (the end of SplitMix64)."""
    mix = values.astype(np.uint64) ^ key
    mix = (mix ^ (mix >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mix = (mix ^ (mix >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mix ^ (mix >> np.uint64(31))


def scattered_pairs(plan: Plan, numbers: Array) -> tuple[Array, Array]:
    """User and ping of the events with these numbers.

    All pairs, each once, in an order that looks random; after the last the same ones again. Every
    round shifts one half of the pair by what the other half gives, which can be undone, so no two
    numbers give the same pair, and no block needs to know those of the others.
    """
    keys = generator(plan, 4).integers(0, 2**64, ROUNDS, dtype=np.uint64)
    number = numbers % (plan.users * plan.pings)
    user, ping = number % plan.users, number // plan.users
    for place, key in enumerate(keys):
        if place % 2:
            shift = mixed(ping, key) % np.uint64(plan.users)
            user = (user + shift.astype(np.int64)) % plan.users
        else:
            shift = mixed(user, key) % np.uint64(plan.pings)
            ping = (ping + shift.astype(np.int64)) % plan.pings
    return user, ping


def flat_events(
    rng: np.random.Generator, plan: Plan, world: World, block: int, numbers: range
) -> Rows:
    """The clean events of one block with these numbers, at random moments of its time."""
    user, ping = scattered_pairs(plan, np.arange(numbers.start, numbers.stop))
    size = len(numbers)
    kinds = np.array(list(TYPE_SHARES), dtype=np.int8)
    event_type = kinds[draw(rng, np.cumsum(list(TYPE_SHARES.values())), size)]
    first_ms, end_ms = plan.share_of_block(block, plan.days * DAY_MS)
    step = rng.integers(0, RATIO_STEPS, size)
    ratio = world.ratios[world.ping_quality[ping].astype(np.int64) * RATIO_STEPS + step]
    watch_sec = np.rint(ratio * world.duration_ms[ping]) / 1_000
    return Rows(
        user=user,
        ping=ping,
        event_type=event_type,
        time_ms=rng.integers(first_ms, end_ms, size),
        watch_sec=np.where(event_type == VIEW, watch_sec, np.nan),
    )
