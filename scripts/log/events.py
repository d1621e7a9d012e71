"""The events of exposures, with repeats and dirt: one block of the log after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from log.exposures import SESSION_CAP, Exposures, draw_exposures
from log.plan import (
    CLICK,
    COMMENT,
    DAY_MS,
    EVENT_TYPES,
    FOLLOW,
    HIDE,
    IMPRESSION,
    LIKE,
    SHARE,
    UNKNOWN_PING_IDS,
    UNKNOWN_TYPES,
    VIEW,
    Array,
    Plan,
    generator,
)
from log.world import World

DIRT_KINDS = ("unknown type", "null id", "negative watch time", "missing time", "unknown ping")
UNKNOWN_TYPE, NULL_ID, NEGATIVE_WATCH, MISSING_TIME, UNKNOWN_PING = range(len(DIRT_KINDS))
NOT_A_TIME = np.iinfo(np.int64).min  # numpy's NaT as an integer
SESSION_TAIL_MS = 30_000  # the last events of a session come this long after it at most
EVENTS_PER_EXPOSURE = 1.95  # a little less than the rates below give: a guess too low is redone
# Chance of each engagement at full attention (one whole view), and its delay after the view began
# as a share of the watch time, plus a constant in ms.
ENGAGEMENTS = (
    (LIKE, 0.07, 0.6, 0),
    (COMMENT, 0.012, 1.0, 9_000),
    (SHARE, 0.009, 0.9, 2_000),
    (FOLLOW, 0.006, 0.8, 1_000),
    (CLICK, 0.045, 0.5, 500),
)
HIDE_CHANCE = 0.006  # of a view that was left early:
SKIPPED_RATIO = 0.1


@dataclass(frozen=True)
class Rows:
    """Columns of interactions as numbers; NaN and NaT are nulls, and so is a user or ping of -1."""

    user: Array
    ping: Array
    event_type: Array  # place in EVENT_TYPES + UNKNOWN_TYPES
    time_ms: Array  # relative to the log's start
    watch_sec: Array


def events_of(
    rng: np.random.Generator, exposures: Exposures, size: int, end_ms: int
) -> Rows | None:
    """Exactly `size` events of the exposures, all before `end_ms`; None where they give fewer.

    An impression always; a view where it played; then what attention brings.
    """
    ratio = exposures.ratio
    viewed = np.flatnonzero(ratio > 0)
    seen_ratio = ratio[viewed]
    attention = np.minimum(seen_ratio, 2.0).astype(np.float32)
    n_exposures, n_views = len(ratio), len(viewed)

    def chosen(chance: Array) -> Array:
        return viewed[rng.random(n_views, dtype=np.float32) < chance]

    hits = {kind: chosen(np.float32(chance) * attention) for kind, chance, _, _ in ENGAGEMENTS}
    hits[HIDE] = chosen(
        np.where(seen_ratio < SKIPPED_RATIO, np.float32(HIDE_CHANCE), np.float32(0))
    )

    # Keep the first exposures that fit whole; impressions alone fill the few places that are left.
    per_exposure = np.ones(n_exposures, dtype=np.int64)
    per_exposure[viewed] += 1
    for found in hits.values():
        per_exposure[found] += 1
    running = np.cumsum(per_exposure)
    whole = int(np.searchsorted(running, size, side="right"))
    left = size - (int(running[whole - 1]) if whole else 0)
    if whole + left > n_exposures:
        return None

    viewed = viewed[: np.searchsorted(viewed, whole)]
    hits = {kind: found[: np.searchsorted(found, whole)] for kind, found in hits.items()}
    view_delay = 150 + 900 * rng.random(n_exposures, dtype=np.float32)
    shown = np.arange(whole + left)
    groups = [(IMPRESSION, shown, np.zeros(len(shown))), (VIEW, viewed, view_delay[viewed])]
    for kind, _, share, constant in (*ENGAGEMENTS, (HIDE, 0, 1.0, 700)):
        found = hits[kind]
        spread = 0.5 + rng.random(len(found), dtype=np.float32)
        delay = view_delay[found] + (share * exposures.watch_ms[found] + constant) * spread
        groups.append((kind, found, delay))

    exposure = np.concatenate([found for _, found, _ in groups])
    kinds = np.repeat([kind for kind, _, _ in groups], [len(found) for _, found, _ in groups])
    since_start = exposures.offset_ms[exposure] + np.concatenate([delay for _, _, delay in groups])
    # A session that would outlast the log is squeezed into it: the order of its events stays.
    room = np.maximum(end_ms - exposures.start_ms, 1)
    longest = exposures.session_ms + SESSION_TAIL_MS + exposures.watch_ms
    squeeze = np.minimum(room / longest, 1.0)
    since_start = np.minimum(since_start * squeeze[exposure], (room - 1)[exposure])
    watch_sec = np.full(size, np.nan)
    views = slice(len(shown), len(shown) + len(viewed))
    watch_sec[views] = exposures.watch_ms[viewed] / 1_000
    return Rows(
        user=exposures.user[exposure],
        ping=exposures.ping[exposure],
        event_type=kinds.astype(np.int8),
        time_ms=exposures.start_ms[exposure] + since_start.astype(np.int64),
        watch_sec=watch_sec,
    )


def take(rows: Rows, order: Array) -> Rows:
    """The rows at these places, in this order."""
    return Rows(
        user=rows.user[order],
        ping=rows.ping[order],
        event_type=rows.event_type[order],
        time_ms=rows.time_ms[order],
        watch_sec=rows.watch_sec[order],
    )


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


def make_block(plan: Plan, world: World, block: int) -> Rows:
    """One block of the log in order of arrival: clean events, repeats and dirt."""
    rng = generator(plan, 1, block)
    first_row, end_row = plan.share_of_block(block, plan.events)
    first_repeat, end_repeat = plan.share_of_block(block, plan.n_repeats)
    first_dirt, end_dirt = plan.share_of_block(block, plan.n_dirt)
    n_repeats, n_dirt = end_repeat - first_repeat, end_dirt - first_dirt
    n_clean = end_row - first_row - n_repeats - n_dirt

    clean, n_exposures = None, int(n_clean / EVENTS_PER_EXPOSURE) + SESSION_CAP
    while clean is None:
        exposures = draw_exposures(
            rng, world, block / plan.n_blocks, (block + 1) / plan.n_blocks, n_exposures
        )
        clean = events_of(rng, exposures, n_clean, plan.days * DAY_MS)
        n_exposures += n_exposures // 4

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
