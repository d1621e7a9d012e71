"""One block of the log after the other: clean events of its shape, with repeats and dirt."""

from __future__ import annotations

import numpy as np

from log.events import feed_events
from log.experiment import Planted
from log.flat import flat_events
from log.plan import EVENT_TYPES, FLAT, UNKNOWN_PING_IDS, UNKNOWN_TYPES, Array, Plan, generator
from log.rows import NOT_A_TIME, Rows, take
from log.world import World

DIRT_KINDS = ("unknown type", "null id", "negative watch time", "missing time", "unknown ping")
UNKNOWN_TYPE, NULL_ID, NEGATIVE_WATCH, MISSING_TIME, UNKNOWN_PING = range(len(DIRT_KINDS))


def spoil(rng: np.random.Generator, rows: Rows, places: Array, kinds: Array, n_pings: int) -> None:
    """Turn the rows at these places into dirt of these kinds, in place."""

    def of(kind: int) -> Array:
        chosen: Array = places[kinds == kind]
        return chosen

    unknown_type, null_id = of(UNKNOWN_TYPE), of(NULL_ID)
    negative, unknown_ping = of(NEGATIVE_WATCH), of(UNKNOWN_PING)
    rows.event_type[unknown_type] = len(EVENT_TYPES) + rng.integers(
        0, len(UNKNOWN_TYPES), len(unknown_type)
    )
    no_user = rng.integers(0, 2, len(null_id)).astype(bool)
    rows.user[null_id[no_user]] = -1
    rows.ping[null_id[~no_user]] = -1
    rows.watch_sec[negative] = -np.rint(1 + 99_000 * rng.random(len(negative))) / 1_000
    rows.time_ms[of(MISSING_TIME)] = NOT_A_TIME
    rows.ping[unknown_ping] = n_pings + rng.integers(0, UNKNOWN_PING_IDS, len(unknown_ping))


def make_block(plan: Plan, world: World, block: int, planted: Planted | None = None) -> Rows:
    """One block of the log in order of arrival: clean events, repeats and dirt."""
    rng = generator(plan, 1, block)
    first_row, end_row = plan.share_of_block(block, plan.events)
    first_repeat, end_repeat = plan.share_of_block(block, plan.n_repeats)
    first_dirt, end_dirt = plan.share_of_block(block, plan.n_dirt)
    n_repeats, n_dirt = end_repeat - first_repeat, end_dirt - first_dirt
    n_clean = end_row - first_row - n_repeats - n_dirt

    if plan.shape == FLAT:
        first_clean = first_row - first_repeat - first_dirt
        clean = flat_events(rng, plan, world, block, range(first_clean, first_clean + n_clean))
    else:
        clean = feed_events(rng, plan, world, block, n_clean, planted)

    # Repeats and dirt are copies of clean rows, so that the clean log stays whole. Repeats arrive
    # up to some minutes after the original, as from a log that is delivered at least once.
    copies = rng.integers(0, n_clean, n_repeats + n_dirt)
    rows = take(clean, np.concatenate((np.arange(n_clean), copies)))
    arrival = rows.time_ms.copy()
    arrival[n_clean:] += np.rint(120_000 * rng.standard_exponential(len(copies))).astype(np.int64)
    dirty = np.arange(n_clean + n_repeats, len(arrival))
    kinds = np.arange(first_dirt, end_dirt) % len(DIRT_KINDS)
    spoil(rng, rows, dirty, kinds, plan.pings)

    # Time and place in one number: sorting numbers is many times faster than sorting places.
    place_bits = len(arrival).bit_length()
    keys = np.sort((arrival << place_bits) | np.arange(len(arrival)))
    return take(rows, keys & ((1 << place_bits) - 1))
