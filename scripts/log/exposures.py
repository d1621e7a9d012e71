"""What is shown to whom, and how long it is watched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from log.plan import DAY_MS, Array
from log.world import N_FAVOURITE_CATEGORIES, N_TASTES, RATIO_STEPS, TASTE_LEVELS, World, draw

HASH_FACTOR = 0x9E3779B97F4A7C15  # odd, its bits well mixed: 2 ** 64 over the golden ratio
FRESH_DAYS = 4.0  # attention to a ping fades with this time constant ...
EVERGREEN = 0.15  # ... down to this share
SESSION_MEAN = 12  # exposures in a session, on average before the cap
SESSION_CAP = 80
TASTE_SLOTS = np.array([0, 0, 0, 1, 1, 2, 3, 4] + [N_TASTES] * 8, dtype=np.int8)
VIEW_SHARE = 0.9  # exposures that start playing


@dataclass(frozen=True)
class Exposures:
    """Pings shown to users, session by session, and what came of each."""

    user: Array
    ping: Array
    start_ms: Array  # of the session, relative to the log's start
    offset_ms: Array  # of the exposure within its session
    session_ms: Array  # length of the session
    ratio: Array  # watch ratio; 0 where the ping did not play
    watch_ms: Array


def repeated_pairs(user: Array, ping: Array) -> Array:
    """Places of exposures whose user met the same ping at an earlier place.

    Pairs are compared by a hash, in one sort with their places: a rare false alarm does no harm.
    """
    place_bits = len(user).bit_length()
    pairs = (user.astype(np.uint64) << np.uint64(32)) | ping.astype(np.uint64)
    hashes = (pairs * np.uint64(HASH_FACTOR)) >> np.uint64(place_bits)
    keys = np.sort((hashes << np.uint64(place_bits)) | np.arange(len(user), dtype=np.uint64))
    hashes = keys >> np.uint64(place_bits)
    again = np.flatnonzero(hashes[1:] == hashes[:-1]) + 1
    places: Array = keys[again] & np.uint64((1 << place_bits) - 1)
    return places.astype(np.int64)


def draw_exposures(
    rng: np.random.Generator, world: World, low: float, high: float, size: int
) -> Exposures:
    """About `size` exposures of sessions that begin in one slice of the log.

    `low` and `high` bound the slice in shares of all sessions. Only users and pings that were
    there when the slice began take part.
    """
    shares, times = world.session_clock
    slice_start = np.interp(low, shares, times)
    n_users = int(np.searchsorted(world.signup_ms, slice_start, side="right"))
    n_pings = int(np.searchsorted(world.created_ms, slice_start, side="right"))

    n_sessions = size // SESSION_MEAN + 1
    lengths = np.minimum(rng.geometric(1 / SESSION_MEAN, n_sessions), SESSION_CAP)
    ends = np.cumsum(lengths)
    session_user = draw(rng, world.user_cumulative[:n_users], n_sessions).astype(np.int32)
    at = low + (high - low) * rng.random(n_sessions)
    session_start = np.interp(at, shares, times).astype(np.int64)
    session = np.repeat(np.arange(n_sessions, dtype=np.int32), lengths)
    n_exposures = len(session)

    # What the feed shows: a part of the catalogue by the user's taste, then a ping of that part by
    # its weight of the moment. Parts without an available ping give way to the whole catalogue.
    age_days = (slice_start - world.created_ms[:n_pings]) / DAY_MS
    weight = np.zeros(len(world.created_ms))
    fading = EVERGREEN + (1 - EVERGREEN) * np.exp(-age_days / FRESH_DAYS)
    weight[:n_pings] = world.ping_weight[:n_pings] * fading
    cumulative = np.cumsum(weight[world.ping_order])
    running = np.concatenate(([0.0], cumulative))
    part_low, part_high = running[world.segment_start], running[world.segment_end]
    is_empty = part_high <= part_low
    part_low[is_empty], part_high[is_empty] = part_low[0], part_high[0]

    # Rounding can push a target past the last available ping: bring it back to that.
    last = int(np.searchsorted(cumulative, cumulative[-1], side="left"))

    def found_in(parts: Array) -> Array:
        span = part_high[parts] - part_low[parts]
        target = part_low[parts] + rng.random(len(parts)) * span
        places = np.searchsorted(cumulative, target, side="right")
        found: Array = world.ping_order[np.minimum(places, last)]
        return found

    user = session_user[session]
    slot = TASTE_SLOTS[rng.integers(0, len(TASTE_SLOTS), n_exposures, dtype=np.uint8)]
    part = world.tastes[slot, user]
    ping = found_in(part)
    # A feed seldom shows a ping twice in a day: look for something else then.
    seen = repeated_pairs(user, ping)
    part[seen] = 0
    ping[seen] = found_in(part[seen])

    # How long they watch it.
    category_part = world.ping_category[ping] + 1
    to_taste = part >= world.first_creator_segment
    for favourite in range(N_FAVOURITE_CATEGORIES):
        to_taste |= world.tastes[favourite][session_user][session] == category_part
    level = world.ping_quality[ping] + TASTE_LEVELS * to_taste.astype(np.int16)
    step = rng.integers(0, RATIO_STEPS, n_exposures, dtype=np.int32)
    ratio = world.ratios[level * np.int32(RATIO_STEPS) + step]
    ratio[rng.random(n_exposures, dtype=np.float32) >= VIEW_SHARE] = 0
    watch_ms = np.rint(ratio * world.duration_ms[ping]).astype(np.int64)

    # One exposure after the other: watching, then a moment before the next.
    pause_ms = 400 + 1_500 * rng.standard_exponential(n_exposures, dtype=np.float32)
    elapsed = np.concatenate(([0], np.cumsum(watch_ms + pause_ms.astype(np.int64))))
    begun = elapsed[ends - lengths]
    return Exposures(
        user=user,
        ping=ping,
        start_ms=session_start[session],
        offset_ms=elapsed[:-1] - begun[session],
        session_ms=(elapsed[ends] - begun)[session],
        ratio=ratio,
        watch_ms=watch_ms,
    )
