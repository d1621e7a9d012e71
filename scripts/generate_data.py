#!/usr/bin/env python3
"""Write a synthetic log of a short-video app, of any size, in the raw contract as Parquet.

The log is cut into blocks, each a slice of the log's time. A block is computed from the arguments
and its own number only, so blocks can be made in any order and by any number of threads, memory
does not grow with the number of events, and the same arguments always give the same files.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Array = NDArray[Any]

EVENT_TYPES = (
    "impression", "view", "like", "comment", "share", "follow_creator", "click", "hide",
)  # fmt: skip
IMPRESSION, VIEW, LIKE, COMMENT, SHARE, FOLLOW, CLICK, HIDE = range(len(EVENT_TYPES))
UNKNOWN_TYPES = ("swipe_up", "heartbeat", "debug")
DIRT_KINDS = ("unknown type", "null id", "negative watch time", "missing time", "unknown ping")
UNKNOWN_TYPE, NULL_ID, NEGATIVE_WATCH, MISSING_TIME, UNKNOWN_PING = range(len(DIRT_KINDS))
UNKNOWN_PING_IDS = 1_000

CATEGORIES = (
    "music", "dance", "comedy", "education", "beauty", "football", "food", "travel", "fashion",
    "gaming", "fitness", "technology", "news", "pets", "art", "cars", "film", "books", "family",
    "nature",
)  # fmt: skip
TAGS_PER_CATEGORY = 12
COUNTRIES = ("NG", "ZA", "KE", "GH", "US", "GB", "EG", "IN", "BR", "FR")
COUNTRY_SHARES = (0.28, 0.16, 0.11, 0.09, 0.10, 0.06, 0.06, 0.06, 0.05, 0.03)

MAX_EVENTS = 100_000_000_000
MAX_IDS = 100_000_000
MAX_SHARE = 0.5  # of dirt, of repeats: half of the log or more stays clean
YEARS = (1972, 2200)
MAX_DAYS = 36_500
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
# Share of the day's sessions by hour (UTC): a quiet night, a busy evening.
HOUR_WEIGHTS = (
    2.0, 1.3, 0.9, 0.7, 0.8, 1.4, 2.4, 3.6, 4.2, 4.4, 4.6, 5.0,
    5.6, 5.4, 5.0, 5.0, 5.4, 6.2, 7.2, 8.0, 8.2, 7.0, 5.2, 3.4,
)  # fmt: skip
WEEKEND_FACTOR = 1.15

# A block holds at most this many rows and, in small logs, about a day: pings and users that appear
# during the log can then be met from the next block on.
BLOCK_ROWS = 500_000
SMALLEST_BLOCK_ROWS = 2_000
ROW_GROUP_ROWS = 250_000
# Beyond this many distinct ids a Parquet dictionary outgrows its page: plain text is cheaper then.
DICTIONARY_IDS = 60_000
DICTIONARY_BYTES = 1 << 20
INTERACTIONS_SCHEMA = pa.schema({
    "user_id": pa.string(),
    "ping_id": pa.string(),
    "event_type": pa.dictionary(pa.int8(), pa.string()),
    "watch_time_sec": pa.float64(),
    "event_timestamp": pa.timestamp("us"),
})  # fmt: skip
HASH_FACTOR = 0x9E3779B97F4A7C15  # odd, its bits well mixed: 2 ** 64 over the golden ratio
NOT_A_TIME = np.iinfo(np.int64).min  # numpy's NaT as an integer

# Zipf-Mandelbrot weights (rank + offset) ** -1; the offset flattens the very head.
USER_OFFSET_SHARE = 0.004
PING_OFFSET_SHARE = 0.0005
CREATOR_OFFSET_SHARE = 0.002
FRESH_DAYS = 4.0  # attention to a ping fades with this time constant ...
EVERGREEN = 0.15  # ... down to this share
NEW_USER_SHARE = 0.12  # users who sign up during the log
NEW_PING_SHARE = 0.35  # pings published during the log
PAST_SIGNUP_DAYS = 730
PAST_PUBLISHING_DAYS = 60
HOME_CATEGORY_SHARE = 0.8  # pings of a creator that are in the creator's own category

SESSION_MEAN = 12  # exposures in a session, on average before the cap
SESSION_CAP = 80
SESSION_TAIL_MS = 30_000  # the last events of a session come this long after it at most
EVENTS_PER_EXPOSURE = 1.95  # a little less than the rates below give: a guess too low is redone
# Where the feed finds an exposure: three favourite categories, two favourite creators, everything.
N_TASTES = 5
N_FAVOURITE_CATEGORIES = 3
TASTE_SLOTS = np.array([0, 0, 0, 1, 1, 2, 3, 4] + [N_TASTES] * 8, dtype=np.int8)
VIEW_SHARE = 0.9  # exposures that start playing
QUALITY_LEVELS = 4
TASTE_LEVELS = 3  # a ping to the user's taste is as good as one this many levels better
LEVELS = QUALITY_LEVELS + TASTE_LEVELS
RATIO_STEPS = 4_096
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


class InputError(Exception):
    """A request that cannot be served, said in one sentence."""


@dataclass(frozen=True)
class Plan:
    """What to generate: the checked arguments."""

    users: int
    pings: int
    events: int
    days: int
    seed: int
    dirt: float
    repeats: float
    missing: float
    categories: int
    creators: int
    start: date
    rows_per_file: int

    @property
    def start_ms(self) -> int:
        """The log's first instant, in milliseconds since 1970 (UTC)."""
        return (self.start - date(1970, 1, 1)).days * DAY_MS

    @property
    def n_repeats(self) -> int:
        """Rows that repeat another row."""
        return round(self.events * self.repeats)

    @property
    def n_dirt(self) -> int:
        """Rows that are dirt, of each kind alike."""
        return round(self.events * self.dirt)

    @property
    def n_blocks(self) -> int:
        """Enough blocks to bound memory, and one a day where the log is not too small for it."""
        daily = min(self.days, self.events // SMALLEST_BLOCK_ROWS)
        return max(1, daily, math.ceil(self.events / BLOCK_ROWS))

    @property
    def n_files(self) -> int:
        """Files of the interactions: whole blocks, about rows_per_file rows each."""
        return min(self.n_blocks, math.ceil(self.events / self.rows_per_file))

    def share_of_block(self, block: int, total: int) -> tuple[int, int]:
        """The half-open range of `total` things that falls to a block; the ranges tile `total`."""
        return block * total // self.n_blocks, (block + 1) * total // self.n_blocks


@dataclass(frozen=True)
class World:
    """Users, pings and tastes: everything that the blocks share, never written to."""

    signup_ms: Array  # by user, ascending, relative to the log's start
    user_cumulative: Array  # running sum of the users' activity
    tastes: Array  # (N_TASTES + 1, users): segments of the ping order; the last row is everything
    ping_creator: Array
    ping_weight: Array
    ping_quality: Array
    ping_category: Array
    created_ms: Array  # by ping, ascending, relative to the log's start
    duration_ms: Array
    ping_order: Array  # pings by category, then all of them again by creator
    segment_start: Array  # segment -> place in ping_order: 0 everything, categories, creators
    segment_end: Array
    first_creator_segment: int
    ratios: Array  # LEVELS x RATIO_STEPS quantiles of the watch ratio, flat
    session_clock: tuple[Array, Array]  # cumulative share of sessions, time in ms


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


@dataclass(frozen=True)
class Rows:
    """Columns of interactions as numbers; NaN and NaT are nulls, and so is a user or ping of -1."""

    user: Array
    ping: Array
    event_type: Array  # place in EVENT_TYPES + UNKNOWN_TYPES
    time_ms: Array  # relative to the log's start
    watch_sec: Array


def zipf_weights(rng: np.random.Generator, size: int, offset_share: float) -> Array:
    """Heavy-tailed weights in random order."""
    ranks = rng.permutation(size) + 1.0
    return 1.0 / (ranks + offset_share * size)


def generator(plan: Plan, *stream: int) -> np.random.Generator:
    """The random numbers of one part of the data, independent of all other parts."""
    sequence = np.random.SeedSequence(plan.seed, spawn_key=stream)
    return np.random.Generator(np.random.SFC64(sequence))


def draw(rng: np.random.Generator, cumulative: Array, size: int) -> Array:
    """Indices drawn in proportion to weights given as their running sum."""
    # Staying strictly below the total keeps the index in range whatever the rounding.
    target = np.minimum(rng.random(size) * cumulative[-1], np.nextafter(cumulative[-1], 0))
    places: Array = np.searchsorted(cumulative, target, side="right")
    return places


def segments(values: Array, size: int, base: int) -> tuple[Array, Array]:
    """Start and end of each value's run among the sorted values, counted from `base`."""
    ends = np.cumsum(np.bincount(values, minlength=size))
    return base + np.concatenate(([0], ends[:-1])), base + ends


def ratio_quantiles() -> Array:
    """Quantiles of the watch ratio by level of interest: skims, part views, whole views, loops."""
    steps = (np.arange(RATIO_STEPS) + 0.5) / RATIO_STEPS
    table = np.empty((LEVELS, RATIO_STEPS))
    for level in range(LEVELS):
        interest = level / (LEVELS - 1)
        shares = np.array([
            0.62 - 0.42 * interest,
            0.20 + 0.05 * interest,
            0.12 + 0.25 * interest,
            0.06 + 0.12 * interest,
        ])  # fmt: skip
        bounds = np.concatenate(([0.0], np.cumsum(shares)))
        kind = np.minimum(np.searchsorted(bounds[1:], steps, side="right"), len(shares) - 1)
        within = (steps - bounds[kind]) / shares[kind]
        table[level] = np.choose(
            kind,
            [
                0.005 + 0.25 * within**1.5,
                0.25 + 0.65 * within,
                0.90 + 0.20 * within,
                1.10 - 0.6 * np.log1p(-np.minimum(within, 0.999)),
            ],
        )
    return table.ravel()


def session_clock(plan: Plan) -> tuple[Array, Array]:
    """The inverse of the sessions' distribution over time, hour by hour."""
    first_weekday = plan.start.weekday()
    days = np.arange(plan.days)
    daily = np.where(np.isin((days + first_weekday) % 7, (5, 6)), WEEKEND_FACTOR, 1.0)
    hourly = np.outer(daily, HOUR_WEIGHTS).ravel()
    cumulative = np.concatenate(([0.0], np.cumsum(hourly)))
    return cumulative / cumulative[-1], np.arange(len(cumulative)) * float(HOUR_MS)


def build_world(plan: Plan) -> World:
    """Draw the users, the pings and who likes what."""
    rng = generator(plan, 0)
    span_ms = plan.days * DAY_MS

    # Users in order of sign-up (whole days, so that users.parquet tells the truth about them).
    # The first one is always there before the log begins.
    new_user = rng.random(plan.users) < NEW_USER_SHARE
    past_days = np.floor(PAST_SIGNUP_DAYS * rng.random(plan.users) ** 2) + 1
    signup_day = np.where(new_user, np.floor(rng.random(plan.users) * plan.days), -past_days)
    signup_day[0] = -past_days[0]
    signup_ms = np.sort(signup_day).astype(np.int64) * DAY_MS
    activity = zipf_weights(rng, plan.users, USER_OFFSET_SHARE)

    # Creators have a home category; pings in order of publication.
    category_weight = 1.0 / (np.arange(plan.categories) + 2.0)
    category_cumulative = np.cumsum(category_weight)
    home = draw(rng, category_cumulative, plan.creators)
    creator_cumulative = np.cumsum(zipf_weights(rng, plan.creators, CREATOR_OFFSET_SHARE))
    creator = draw(rng, creator_cumulative, plan.pings)
    elsewhere = draw(rng, category_cumulative, plan.pings)
    at_home = rng.random(plan.pings) < HOME_CATEGORY_SHARE
    category = np.where(at_home, home[creator], elsewhere)
    new_ping = rng.random(plan.pings) < NEW_PING_SHARE
    new_ping[0] = False
    position = rng.random(plan.pings)
    created_ms = np.where(
        new_ping, position * span_ms, -(position**2) * PAST_PUBLISHING_DAYS * DAY_MS - 1
    )
    weight = zipf_weights(rng, plan.pings, PING_OFFSET_SHARE)
    duration_ms = np.exp(rng.normal(math.log(32.0), 0.75, plan.pings)).clip(4.0, 600.0) * 1000

    by_category = np.argsort(category, kind="stable")
    by_creator = np.argsort(creator, kind="stable")
    category_start, category_end = segments(category, plan.categories, 0)
    creator_start, creator_end = segments(creator, plan.creators, plan.pings)

    # Favourites: categories by their popularity; creators through a ping of a favourite category.
    tastes = np.zeros((N_TASTES + 1, plan.users), dtype=np.int32)
    for slot in range(N_FAVOURITE_CATEGORIES):
        tastes[slot] = 1 + draw(rng, category_cumulative, plan.users)
    running = np.concatenate(([0.0], np.cumsum(weight[by_category])))
    for slot in range(N_FAVOURITE_CATEGORIES, N_TASTES):
        favourite = tastes[slot - N_FAVOURITE_CATEGORIES] - 1
        low, high = running[category_start[favourite]], running[category_end[favourite]]
        # A category without a ping gives the favourite of its neighbour: as good as any.
        target = low + rng.random(plan.users) * (high - low)
        found = np.minimum(np.searchsorted(running[1:], target, side="right"), plan.pings - 1)
        tastes[slot] = 1 + plan.categories + creator[by_category[found]]

    return World(
        signup_ms=signup_ms,
        user_cumulative=np.cumsum(activity),
        tastes=tastes,
        ping_creator=creator.astype(np.int32),
        ping_weight=weight,
        ping_quality=rng.integers(0, QUALITY_LEVELS, plan.pings).astype(np.int16),
        ping_category=category.astype(np.int32),
        created_ms=np.sort(created_ms).astype(np.int64),
        duration_ms=np.rint(duration_ms).astype(np.int64),
        ping_order=np.concatenate((by_category, by_creator)).astype(np.int32),
        segment_start=np.concatenate(([0], category_start, creator_start)),
        segment_end=np.concatenate(([plan.pings], category_end, creator_end)),
        first_creator_segment=1 + plan.categories,
        ratios=ratio_quantiles(),
        session_clock=session_clock(plan),
    )


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


def ids(prefix: str, size: int) -> pa.Array:
    """Text ids, one for each number below `size`."""
    numbers = pa.array(np.arange(size)).cast(pa.string())
    return pc.binary_join_element_wise(prefix, numbers, "")


def id_column(texts: pa.Array, places: Array) -> pa.Array:
    """The ids at these places; a negative place is null."""
    return texts.take(pa.array(places, mask=places < 0))


def rows_to_table(plan: Plan, rows: Rows, user_ids: pa.Array, ping_ids: pa.Array) -> pa.Table:
    """Interactions as Arrow, in the columns of the raw contract."""
    types = pa.array(EVENT_TYPES + UNKNOWN_TYPES)
    # NaT is the smallest integer: adding to it would make it a date.
    absolute = np.where(rows.time_ms == NOT_A_TIME, NOT_A_TIME, rows.time_ms + plan.start_ms)
    return pa.table({
        "user_id": id_column(user_ids, rows.user),
        "ping_id": id_column(ping_ids, rows.ping),
        "event_type": pa.DictionaryArray.from_arrays(rows.event_type, types),
        "watch_time_sec": pa.array(rows.watch_sec, from_pandas=True),
        "event_timestamp": pa.array(absolute.view("M8[ms]")).cast(pa.timestamp("us")),
    })  # fmt: skip


def blanked(rng: np.random.Generator, values: Array, share: float, kind: pa.DataType) -> pa.Array:
    """A column of which some values are not known."""
    return pa.array(values, mask=rng.random(len(values)) < share).cast(kind)


def users_table(plan: Plan, world: World, user_ids: pa.Array) -> pa.Table:
    """Users in the raw contract."""
    rng = generator(plan, 2)
    country = rng.choice(COUNTRIES, plan.users, p=COUNTRY_SHARES)
    age = np.rint(13 + 55 * rng.beta(1.6, 3.6, plan.users)).astype(np.int32)
    signup = (world.signup_ms + plan.start_ms).view("M8[ms]").astype("M8[D]")
    return pa.table({
        "user_id": user_ids,
        "country": blanked(rng, country.astype(object), plan.missing, pa.string()),
        "signup_date": blanked(rng, signup, plan.missing, pa.date32()),
        "age": blanked(rng, age, plan.missing, pa.int32()),
    })  # fmt: skip


def pings_table(plan: Plan, world: World, ping_ids: pa.Array) -> pa.Table:
    """Pings in the raw contract. Half of the missing durations are given as 0."""
    rng = generator(plan, 3)
    names = [*CATEGORIES, *(f"topic_{number}" for number in range(plan.categories))]
    category = np.array(names, dtype=object)[world.ping_category]
    tag = np.char.mod("_%d", np.floor(TAGS_PER_CATEGORY * rng.random(plan.pings) ** 2).astype(int))
    duration = world.duration_ms / 1_000
    duration[rng.random(plan.pings) < plan.missing / 2] = 0
    created = (world.created_ms + plan.start_ms).view("M8[ms]")
    return pa.table({
        "ping_id": ping_ids.slice(0, plan.pings),
        "creator_id": id_column(ids("c", plan.creators), world.ping_creator),
        "main_hashtag": blanked(rng, category + tag.astype(object), plan.missing, pa.string()),
        "category": blanked(rng, category, plan.missing, pa.string()),
        "duration_sec": blanked(rng, duration, plan.missing / 2, pa.float64()),
        "created_at": blanked(rng, created, plan.missing, pa.timestamp("us")),
    })  # fmt: skip


def write_whole(
    path: Path, schema: pa.Schema, tables: Iterable[pa.Table], dictionaries: list[str] | bool = True
) -> None:
    """Write a Parquet file that appears under its name only when it is complete."""
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        # Without Arrow's own schema every reader sees plain text columns, dictionary or not.
        with pq.ParquetWriter(
            unfinished, schema, store_schema=False, use_dictionary=dictionaries,
            dictionary_pagesize_limit=DICTIONARY_BYTES,
        ) as writer:  # fmt: skip
            for table in tables:
                writer.write_table(table)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def grouped(tables: Iterable[pa.Table], size: int) -> Iterator[pa.Table]:
    """The same rows in tables of at least `size` rows (the last one may be smaller)."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(map(len, waiting)) >= size:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def generate(plan: Plan, output: Path, jobs: int, advance: Callable[[int], None]) -> None:
    """Write the whole log; `advance` is told of rows as they are made."""
    world = build_world(plan)
    user_ids = ids("u", plan.users)
    ping_ids = ids("p", plan.pings + UNKNOWN_PING_IDS)
    dictionaries = ["event_type"]
    dictionaries += ["user_id"] if plan.users <= DICTIONARY_IDS else []
    dictionaries += ["ping_id"] if plan.pings <= DICTIONARY_IDS else []
    stop = Event()
    folder = output / "interactions"
    folder.mkdir(parents=True, exist_ok=True)

    def blocks(file: int) -> Iterator[pa.Table]:
        first = file * plan.n_blocks // plan.n_files
        end = (file + 1) * plan.n_blocks // plan.n_files
        for block in range(first, end):
            if stop.is_set():
                raise InputError("stopped")
            table = rows_to_table(plan, make_block(plan, world, block), user_ids, ping_ids)
            advance(len(table))
            yield table

    def write_file(file: int) -> None:
        write_whole(
            folder / f"part-{file:05d}.parquet",
            INTERACTIONS_SCHEMA,
            grouped(blocks(file), ROW_GROUP_ROWS),
            dictionaries,
        )

    # numpy and Arrow let go of the interpreter's lock in nearly all of the work: threads do.
    pool = ThreadPoolExecutor(jobs)
    try:
        for future in [pool.submit(write_file, file) for file in range(plan.n_files)]:
            future.result()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
    # Last, so that a folder with users and pings is a complete one.
    for name, table in (
        ("users", users_table(plan, world, user_ids)),
        ("pings", pings_table(plan, world, ping_ids)),
    ):
        write_whole(output / f"{name}.parquet", table.schema, [table])


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Leave with the message alone; --help has the rest."""
        self.exit(2, f"{self.prog}: {message}\n")


def whole_number(text: str) -> int:
    """Read an integer; `_` and `,` may group its digits."""
    try:
        return int(text.replace(",", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def share_of_rows(text: str) -> float:
    """Read a number; its range is checked with the rest."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def day(text: str) -> date:
    """Read a date such as 2025-01-31."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2025-01-31") from None


def parser() -> Parser:
    """Build the command line."""
    command = Parser(
        prog="generate_data",
        allow_abbrev=False,
        description="Write a synthetic log of a short-video app in the raw contract: "
        "users.parquet, pings.parquet and interactions/part-*.parquet. The same arguments give "
        "the same files, whatever the number of jobs.",
        epilog="Point the project at the folder with PINGTOP_RAW_LOCATION=DIR.",
    )
    size = command.add_argument_group("size")
    size.add_argument("--users", type=whole_number, default=2_000, metavar="N", help="%(default)s")
    size.add_argument("--pings", type=whole_number, default=1_000, metavar="N", help="%(default)s")
    size.add_argument(
        "--events", type=whole_number, default=200_000, metavar="N",
        help="rows of the interactions, dirt and repeats included: %(default)s",
    )  # fmt: skip
    size.add_argument(
        "--days", type=whole_number, default=30, metavar="N", help="length of the log: %(default)s"
    )
    shape = command.add_argument_group("shape")
    shape.add_argument("--seed", type=whole_number, default=1, metavar="N", help="%(default)s")
    shape.add_argument(
        "--start", type=day, default=date(2025, 1, 1), metavar="DATE",
        help="first day of the log (UTC): %(default)s",
    )  # fmt: skip
    shape.add_argument(
        "--dirt", type=share_of_rows, default=0.002, metavar="SHARE",
        help="share of rows that are dirt, a fifth each: unknown event type, null id, negative "
        "watch time, missing timestamp, a ping that is not in pings (valid, yet odd): %(default)s",
    )  # fmt: skip
    shape.add_argument(
        "--repeats", type=share_of_rows, default=0.01, metavar="SHARE",
        help="share of rows that repeat another row exactly: %(default)s",
    )  # fmt: skip
    shape.add_argument(
        "--missing", type=share_of_rows, default=0.02, metavar="SHARE",
        help="share of missing values in each column of users and pings but the ids: %(default)s",
    )  # fmt: skip
    shape.add_argument(
        "--categories", type=whole_number, default=len(CATEGORIES), metavar="N", help="%(default)s"
    )
    shape.add_argument(
        "--creators", type=whole_number, metavar="N", help="an eighth of the pings by default"
    )
    writing = command.add_argument_group("output")
    writing.add_argument("--output", type=Path, required=True, metavar="DIR", help="the folder")
    writing.add_argument(
        "--overwrite", action="store_true", help="replace the data that the folder holds"
    )
    writing.add_argument(
        "--rows-per-file", type=whole_number, default=2_500_000, metavar="N",
        help="rows in each file of the interactions, about: %(default)s",
    )  # fmt: skip
    writing.add_argument(
        "--jobs", type=whole_number, default=min(4, os.cpu_count() or 1), metavar="N",
        help="files written at once; each takes about 0.2 GB of memory: %(default)s",
    )  # fmt: skip
    writing.add_argument("--quiet", action="store_true", help="no progress bar and no summary")
    return command


def check(arguments: argparse.Namespace) -> Plan:
    """The plan that the arguments ask for."""
    if arguments.creators is None:
        arguments.creators = max(1, arguments.pings // 8)
    bounds = {
        "users": (1, MAX_IDS), "pings": (1, MAX_IDS), "events": (1, MAX_EVENTS),
        "days": (1, MAX_DAYS), "seed": (0, 2**63), "categories": (1, 10_000),
        "creators": (1, MAX_IDS), "rows_per_file": (1, MAX_EVENTS), "jobs": (1, 256),
    }  # fmt: skip
    for name, (low, high) in bounds.items():
        value = getattr(arguments, name)
        if not low <= value <= high:
            option = name.replace("_", "-")
            raise InputError(f"--{option} must be between {low:,} and {high:,}, not {value:,}.")
    for name in ("dirt", "repeats", "missing"):
        share = getattr(arguments, name)
        if not 0 <= share <= MAX_SHARE:
            raise InputError(f"--{name} is a share between 0 and {MAX_SHARE}, not {share}.")
    if arguments.dirt + arguments.repeats > MAX_SHARE:
        raise InputError(f"--dirt and --repeats together may be {MAX_SHARE} at most.")
    first_year, last_year = YEARS
    if not first_year <= arguments.start.year <= last_year:
        raise InputError(f"--start must be a day of the years {first_year} to {last_year}.")
    names = Plan.__dataclass_fields__
    return Plan(**{name: getattr(arguments, name) for name in names})


def clear(output: Path, overwrite: bool) -> None:
    """See to it that the folder holds no data of an earlier run."""
    if output.exists() and not output.is_dir():
        raise InputError(f"--output {output} is a file, not a folder.")
    old = [*output.glob("users.parquet"), *output.glob("pings.parquet")]
    old += output.glob("interactions/*")
    if old and not overwrite:
        raise InputError(f"{output} already holds data: name another folder or add --overwrite.")
    for path in old:
        path.unlink()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    errors = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    try:
        plan = check(given)
        clear(given.output, given.overwrite)
        began = time.perf_counter()
        with Progress(*columns, console=errors, disable=given.quiet) as progress:
            task = progress.add_task("events", total=plan.events)
            generate(plan, given.output, given.jobs, lambda rows: progress.advance(task, rows))
    except InputError as error:
        errors.print(f"generate_data: {error}", soft_wrap=True, markup=False)
        return 2
    except MemoryError:
        errors.print("generate_data: not enough memory for so many users or pings.")
        return 1
    except OSError as error:
        errors.print(f"generate_data: cannot write: {error}", soft_wrap=True, markup=False)
        return 1
    except KeyboardInterrupt:
        errors.print("generate_data: stopped; the folder is not complete.")
        return 130
    if not given.quiet:
        seconds = time.perf_counter() - began
        size = sum(path.stat().st_size for path in given.output.rglob("*.parquet")) / 1e6
        print(
            f"{plan.events:,} events of {plan.users:,} users on {plan.pings:,} pings over "
            f"{plan.days} days: {size:,.1f} MB in {given.output} ({seconds:.1f} s)"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
