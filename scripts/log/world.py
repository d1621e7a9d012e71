"""Users, pings and tastes: what all blocks share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from log.plan import DAY_MS, HOUR_MS, Array, Plan, generator

# Share of the day's sessions by hour (UTC): a quiet night, a busy evening.
HOUR_WEIGHTS = (
    2.0, 1.3, 0.9, 0.7, 0.8, 1.4, 2.4, 3.6, 4.2, 4.4, 4.6, 5.0,
    5.6, 5.4, 5.0, 5.0, 5.4, 6.2, 7.2, 8.0, 8.2, 7.0, 5.2, 3.4,
)  # fmt: skip
WEEKEND_FACTOR = 1.15
# Zipf-Mandelbrot weights (rank + offset) ** -1; the offset flattens the very head.
USER_OFFSET_SHARE = 0.004
PING_OFFSET_SHARE = 0.0005
CREATOR_OFFSET_SHARE = 0.002
NEW_USER_SHARE = 0.12  # users who sign up during the log
NEW_PING_SHARE = 0.35  # pings published during the log
PAST_SIGNUP_DAYS = 730
PAST_PUBLISHING_DAYS = 60
HOME_CATEGORY_SHARE = 0.8  # pings of a creator that are in the creator's own category
# Where the feed finds an exposure: three favourite categories, two favourite creators, everything.
N_TASTES = 5
N_FAVOURITE_CATEGORIES = 3
QUALITY_LEVELS = 4
TASTE_LEVELS = 3  # a ping to the user's taste is as good as one this many levels better
LEVELS = QUALITY_LEVELS + TASTE_LEVELS
RATIO_STEPS = 4_096


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


def zipf_weights(rng: np.random.Generator, size: int, offset_share: float) -> Array:
    """Heavy-tailed weights in random order."""
    ranks = rng.permutation(size) + 1.0
    return 1.0 / (ranks + offset_share * size)


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
    new_user = (rng.random(plan.users) < NEW_USER_SHARE) & plan.has_newcomers
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
    new_ping = (rng.random(plan.pings) < NEW_PING_SHARE) & plan.has_newcomers
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
