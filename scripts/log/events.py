"""The events of exposures."""

from __future__ import annotations

import numpy as np

from log.experiment import Planted
from log.exposures import SESSION_CAP, Exposures, draw_exposures
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
)
from log.rows import Rows
from log.world import World

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


def events_of(
    rng: np.random.Generator,
    exposures: Exposures,
    size: int,
    end_ms: int,
    planted: Planted | None = None,
    block: int = 0,
) -> Rows | None:
    """Exactly `size` events of the exposures, all before `end_ms`; None where they give fewer.

    An impression always; a view where it played; then what attention brings. planted: an
    experiment, which changes the chances and the watching of those who are treated.
    """
    ratio = exposures.ratio
    viewed = np.flatnonzero(ratio > 0)
    seen_ratio = ratio[viewed]
    attention = np.minimum(seen_ratio, 2.0).astype(np.float32)
    n_exposures, n_views = len(ratio), len(viewed)

    viewer, viewed_at = exposures.user[viewed], exposures.start_ms[viewed]

    def chosen(kind: int, chance: Array) -> Array:
        if planted:
            chance = chance * planted.chance_factor(kind, viewer, viewed_at)
        return viewed[rng.random(n_views, dtype=np.float32) < chance]

    hits = {
        kind: chosen(kind, np.float32(chance) * attention) for kind, chance, _, _ in ENGAGEMENTS
    }
    hits[HIDE] = chosen(
        HIDE, np.where(seen_ratio < SKIPPED_RATIO, np.float32(HIDE_CHANCE), np.float32(0))
    )
    watch_ms = exposures.watch_ms
    if planted:
        to_the_end = planted.watched_to_the_end(block, seen_ratio, viewer, viewed_at)
        found = viewed[to_the_end]
        watch_ms = watch_ms.copy()
        watch_ms[found] = np.rint(watch_ms[found] / ratio[found]).astype(np.int64)

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
    watch_sec[views] = watch_ms[viewed] / 1_000
    return Rows(
        user=exposures.user[exposure],
        ping=exposures.ping[exposure],
        event_type=kinds.astype(np.int8),
        time_ms=exposures.start_ms[exposure] + since_start.astype(np.int64),
        watch_sec=watch_sec,
    )


def feed_events(
    rng: np.random.Generator,
    plan: Plan,
    world: World,
    block: int,
    size: int,
    planted: Planted | None = None,
) -> Rows:
    """Exactly `size` clean events of one block of a feed: exposures and what came of them."""
    clean, n_exposures = None, int(size / EVENTS_PER_EXPOSURE) + SESSION_CAP
    while clean is None:
        exposures = draw_exposures(
            rng, world, block / plan.n_blocks, (block + 1) / plan.n_blocks, n_exposures
        )
        clean = events_of(rng, exposures, size, plan.days * DAY_MS, planted, block)
        n_exposures += n_exposures // 4
    return clean
