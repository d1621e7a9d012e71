"""Logs with a planted lift: how often does its interval have it in it?

The generator makes the events of each log, and what users did is counted in memory: no warehouse is
built. tests/python/experiments compares that with a build of the same log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from benchmarks.experiment_splits import in_arms
from experiments.inference import differences
from experiments.user_values import Array
from log.blocks import make_block
from log.experiment import LIFTED, WATCH_THROUGH, WATCHED_THROUGH, Planted, plant
from log.plan import DAY_MS, FEED, LIKE, VIEW, Experiment, Plan
from log.rows import Rows
from log.world import World, build_world

LIKES = "likes_per_user"
LIFTS = {WATCH_THROUGH: 0.08, LIKES: 0.25}
assert set(LIFTS) <= set(LIFTED)


@dataclass(frozen=True)
class Coverage:
    """In how many logs the interval of the lift has the planted one in it."""

    metric: str
    lift: float
    logs: int
    covered: int
    cuped_covered: int
    found: int  # 0 is outside of the interval
    mean_lift: float


def plan_of(seed: int, users: int, events: int, days: int = 10) -> Plan:
    """A log with an experiment in its second half. Nothing in it is dirt or repeated."""
    experiment = Experiment("planted", days // 2, 0.5, LIFTS, None, 0.0, 0.0)
    return Plan(
        shape=FEED, users=users, pings=300, events=events, days=days, seed=seed, dirt=0.0,
        repeats=0.0, missing=0.0, categories=20, creators=40, start=date(2025, 1, 1),
        rows_per_file=10**9, experiment=experiment,
    )  # fmt: skip


def values_of(plan: Plan) -> tuple[dict[str, Array], np.ndarray]:
    """Numerator, denominator and both before, of each user with an event since; who is treated."""
    world = build_world(plan)
    planted = plant(plan, world)
    blocks = [make_block(plan, world, block, planted) for block in range(plan.n_blocks)]
    columns: dict[str, list[Array]] = {LIKES: [], WATCH_THROUGH: []}
    seen = np.zeros(plan.users, dtype=bool)
    for is_pre in (False, True):
        likes, views, watched = np.zeros((3, plan.users))
        for rows in blocks:
            counts = counts_of(rows, world, planted, is_pre)
            likes += counts[0]
            views += counts[1]
            watched += counts[2]
            if not is_pre:
                seen[rows.user[rows.time_ms >= planted.assigned_ms[rows.user]]] = True
        columns[LIKES] += [likes, np.ones(plan.users)]
        columns[WATCH_THROUGH] += [watched, views]
    return {name: np.stack(values)[:, seen] for name, values in columns.items()}, planted.arm[
        seen
    ] == 1


def counts_of(rows: Rows, world: World, planted: Planted, is_pre: bool) -> tuple[Array, ...]:
    """Likes, views and views watched through, by user, since the assignment or before it."""
    users = len(planted.arm)
    since = rows.time_ms - planted.assigned_ms[rows.user]
    counts = (since < 0) & (since >= -14 * DAY_MS) if is_pre else since >= 0
    ratio = rows.watch_sec * 1_000 / world.duration_ms[rows.ping]
    with np.errstate(invalid="ignore"):
        is_through = ratio + 5e-10 >= WATCHED_THROUGH
    is_view = rows.event_type == VIEW
    return tuple(
        np.bincount(rows.user[counts & kind], minlength=users).astype(np.float64)
        for kind in (rows.event_type == LIKE, is_view, is_view & is_through)
    )


def coverage(
    logs: int, users: int, events: int, on_step: Callable[[], None], first_seed: int = 1
) -> list[Coverage]:
    """How often the planted lifts lie inside of their 95% intervals."""
    tallies = {metric: np.zeros(3, dtype=int) for metric in LIFTS}
    lifts: dict[str, list[float]] = {metric: [] for metric in LIFTS}
    for seed in range(first_seed, first_seed + logs):
        values, treated = values_of(plan_of(seed, users, events))
        for metric, lift in LIFTS.items():
            [(arm, control)] = in_arms(values[metric], treated[None, :])
            row = differences(arm, control)
            assert row
            low, high = row["lift_low"], row["lift_high"]
            cuped_low, cuped_high = row["cuped_lift_low"], row["cuped_lift_high"]
            assert None not in (low, high, cuped_low, cuped_high, row["lift"])
            tallies[metric] += (
                low <= lift <= high, cuped_low <= lift <= cuped_high, low > 0 or high < 0
            )  # fmt: skip
            lifts[metric].append(float(row["lift"]))
        on_step()
    return [
        Coverage(metric, lift, logs, *map(int, tallies[metric]), float(np.mean(lifts[metric])))
        for metric, lift in LIFTS.items()
    ]
