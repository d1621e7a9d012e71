"""An experiment that is planted into a log: who is in which arm, and what that does.

Users are split by the hash that scripts/experiment.py assigns by, with the seed as salt. From their
assignment on (the start of the experiment, or their sign-up where that is later), treated users
like, share, … more often, or watch more pings to their end. As many rows are asked for as without
it, so a log with more likes has a little less of all else, in both arms alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from experiments.assignment import assigned, planned, read_share
from log.plan import COMMENT, DAY_MS, FOLLOW, HIDE, HOUR_MS, LIKE, SHARE, Array, Plan, generator

if TYPE_CHECKING:
    from log.world import World

CONTROL, TREATMENT = ARMS = ("control", "treatment")
NOBODY = -1  # the arm of who is in none
WATCH_THROUGH = "watch_through_rate"
EVENTS_OF = {
    "likes_per_user": LIKE,
    "shares_per_user": SHARE,
    "comments_per_user": COMMENT,
    "follows_per_user": FOLLOW,
    "hides_per_user": HIDE,
}
LIFTED = (WATCH_THROUGH, *EVENTS_OF)
WATCHED_THROUGH = 0.8
ASSIGNMENTS_STREAM, CROSSOVERS_STREAM, WATCHING_STREAM = 6, 7, 8  # of the random numbers


@dataclass(frozen=True)
class Planted:
    """An experiment as the blocks of a log need it: arms and moments of assignment by user."""

    plan: Plan
    arm: Array  # place in ARMS, or NOBODY
    assigned_ms: Array  # relative to the log's start

    def lift(self, metric: str, users: Array, at_ms: Array) -> Array:
        """The lift of a metric of these users at these moments: 0 of those who are not treated."""
        assert self.plan.experiment
        size = self.plan.experiment.lifts.get(metric, 0.0)
        since = at_ms - self.assigned_ms[users]
        lifts = np.where((self.arm[users] == 1) & (since >= 0), size, 0.0)
        half_life = self.plan.experiment.novelty_days
        if half_life:
            lifts *= 0.5 ** (np.maximum(since, 0) / (half_life * DAY_MS))
        return lifts

    def chance_factor(self, kind: int, users: Array, at_ms: Array) -> Array:
        """By how much more often events of a kind happen."""
        factor = np.ones(len(users))
        for metric, lifted in EVENTS_OF.items():
            if lifted == kind:
                factor += self.lift(metric, users, at_ms)
        return factor.astype(np.float32)

    def watched_to_the_end(self, block: int, ratio: Array, users: Array, at_ms: Array) -> Array:
        """Places of the views that are watched to the end because of the experiment."""
        short = ratio < WATCHED_THROUGH
        missing = float(short.mean()) if len(ratio) else 0.0
        if missing in (0.0, 1.0):
            return np.array([], dtype=np.int64)
        chance = self.lift(WATCH_THROUGH, users, at_ms) * (1 - missing) / missing
        rng = generator(self.plan, WATCHING_STREAM, block)
        return np.flatnonzero(short & (rng.random(len(ratio)) < chance))


def plant(plan: Plan, world: World) -> Planted:
    """Put users into arms."""
    asked = plan.experiment
    assert asked
    treated = read_share(repr(asked.treated), "--treated")
    arms = assigned(
        asked.name,
        (f"u{number}" for number in range(plan.users)),
        {CONTROL: 1 - treated, TREATMENT: treated},
        salt=str(plan.seed),
    )
    arm = np.array([ARMS.index(name) for name in arms.values()], dtype=np.int8)
    start = asked.day * DAY_MS
    return Planted(plan, arm, np.maximum(world.signup_ms, start))


def assignments_table(plan: Plan, planted: Planted, user_ids: pa.Array) -> pa.Table:
    """Assignments in the raw contract: some of the treatment's lost, and some users in both."""
    asked = plan.experiment
    assert asked
    lost = generator(plan, ASSIGNMENTS_STREAM).random(plan.users) < asked.lost
    there = np.flatnonzero(~(lost & (planted.arm == 1)))
    both = generator(plan, CROSSOVERS_STREAM).random(len(there)) < asked.crossovers
    user = np.concatenate((there, there[both]))
    arm = np.concatenate((planted.arm[there], 1 - planted.arm[there[both]]))
    later = np.concatenate((np.zeros(len(there)), np.full(int(both.sum()), HOUR_MS)))
    at = planted.assigned_ms[user] + later.astype(np.int64) + plan.start_ms
    return pa.table({
        "experiment_id": pa.array([asked.name] * len(user), pa.string()),
        "user_id": user_ids.take(pa.array(user)),
        "arm": pa.array(np.array(ARMS, dtype=object)[arm], pa.string()),
        "assigned_at": pa.array(at.view("M8[ms]")).cast(pa.timestamp("us")),
    })  # fmt: skip


def experiments_table(plan: Plan) -> pa.Table:
    """The plan of the experiment in the raw contract."""
    asked = plan.experiment
    assert asked
    treated = read_share(repr(asked.treated), "--treated")
    start = np.array([asked.day * DAY_MS + plan.start_ms])
    return pa.table({
        "experiment_id": pa.array([asked.name]),
        "control_arm": pa.array([CONTROL]),
        "started_at": pa.array(start.view("M8[ms]")).cast(pa.timestamp("us")),
        "planned_shares": pa.array([planned({CONTROL: 1 - treated, TREATMENT: treated})]),
        "primary_metric": pa.array([next(iter(asked.lifts), None)], pa.string()),
    })  # fmt: skip
