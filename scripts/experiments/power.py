"""How small a difference an experiment would detect, from the log's own users.

The smallest detectable difference of a two-sided test at the level alpha, detected with the chance
power, is (Bloom 1995, "Minimum Detectable Effects", Evaluation Review 19)

    (z(1 - alpha / 2) + z(power)) * sqrt(V / n_arm + V / n_control)

where V is the variance of the metric over users (of a ratio by the delta method) and n the users of
each arm. CUPED leaves V * (1 - r^2) of it, where r is the correlation with the same metric in the
pre-period (Deng, Xu, Kohavi and Walker 2013, WSDM). tea-tasting's solve_power gives the same, which
a test holds.

An experiment of so many days is taken to be what the last days of the log were: users with an event
in them are in it, and the days before are the pre-period.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from common import InputError
from experiments.metrics import RETENTION_DAYS
from experiments.moments import PARTS, Moments
from experiments.user_values import Array, Span, metric_values, user_values

if TYPE_CHECKING:
    import duckdb

MOST_STEPS = 30  # lengths that are looked at: each is a pass over the log
SPAN = "select min(event_timestamp), max(event_timestamp) from intermediate.int_scored_events"

OnStep = Callable[[int, int], None]


@dataclass(frozen=True)
class Aim:
    """What is asked: the checked arguments. Shares are of all users; arms may be small."""

    metric: str
    arm_share: float
    control_share: float
    days: int
    lift: float | None
    alpha: float
    power: float
    pre_days: int


@dataclass(frozen=True)
class Step:
    """An experiment of so many days. None: it cannot be told."""

    days: int
    users: int  # in both arms
    mean: float | None
    detectable: float | None
    cuped_detectable: float | None

    @property
    def lift(self) -> float | None:
        return relative(self.detectable, self.mean)

    @property
    def cuped_lift(self) -> float | None:
        return relative(self.cuped_detectable, self.mean)


@dataclass(frozen=True)
class Power:
    """What was found: the steps, by days, and how long the log is."""

    aim: Aim
    steps: list[Step]
    log_days: int

    def days_needed(self, *, cuped: bool = False) -> int | None:
        """The first length that detects the lift that is aimed at; none where no length does."""
        assert self.aim.lift is not None
        for step in self.steps:
            lift = step.cuped_lift if cuped else step.lift
            if lift is not None and lift <= self.aim.lift:
                return step.days
        return None


def relative(detectable: float | None, mean: float | None) -> float | None:
    """A difference as a share of the mean."""
    return detectable / abs(mean) if detectable is not None and mean else None


def detectable_difference(
    variance: float, users: float, control_users: float, alpha: float = 0.05, power: float = 0.8
) -> float:
    """The smallest difference that is detected with this power."""
    normal = NormalDist()
    factor = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
    return factor * sqrt(variance / users + variance / control_users)


def moments_of_values(values: Array) -> Moments:
    """The moments of users, by their four numbers: a row for each part of PARTS."""
    users = values.shape[1]
    means = dict(zip(PARTS, map(float, values.mean(axis=1)), strict=True)) if users else {}
    if users < 2:
        return Moments(users, means or dict.fromkeys(PARTS, 0.0), {})
    spread = np.cov(values)
    pairs = {
        (one, other): float(spread[i, j])
        for i, one in enumerate(PARTS)
        for j, other in enumerate(PARTS)
    }
    return Moments(users, means, pairs)


def left_by_cuped(moments: Moments) -> float | None:
    """The share of the variance that CUPED leaves; none where the pre-period has none."""
    if not moments.means["pre_denominator"]:
        return None
    variance, before = moments.variance(), moments.variance("pre_")
    if not variance > 0 or not before > 0:
        return None
    return max(0.0, 1 - moments.ratio_covariance("", "pre_") ** 2 / (variance * before))


def step_of(aim: Aim, days: int, moments: Moments) -> Step:
    """What an experiment with these users would detect."""
    users = round(moments.users * (aim.arm_share + aim.control_share))
    if moments.users < 2 or moments.ratio() is None or not moments.variance() > 0:
        return Step(days, users, moments.ratio() if moments.users else None, None, None)

    def detectable(variance: float) -> float:
        sizes = (moments.users * share for share in (aim.arm_share, aim.control_share))
        return detectable_difference(variance, *sizes, aim.alpha, aim.power)

    variance, left = moments.variance(), left_by_cuped(moments)
    return Step(
        days,
        users,
        moments.ratio(),
        detectable(variance),
        None if left is None else detectable(variance * left),
    )


def lengths(most: int, wanted: int) -> list[int]:
    """Numbers of days to look at, the wanted one among them."""
    steps = np.unique(np.linspace(1, most, min(most, MOST_STEPS)).round().astype(int))
    return sorted({*map(int, steps), min(wanted, most)})


def power_of(connection: duckdb.DuckDBPyConnection, aim: Aim, on_step: OnStep) -> Power:
    """The power of experiments of 1 day up to twice the days that are asked for."""
    [(first, newest)] = connection.execute(SPAN).fetchall()
    if newest is None:
        raise InputError("the warehouse has no event: there is no variance to go by.")
    log_days = max(1, round((newest - first) / timedelta(days=1)))
    wanted = lengths(min(log_days, 2 * aim.days), aim.days)
    steps = []
    for number, days in enumerate(wanted):
        on_step(number, len(wanted))
        steps.append(step_of(aim, days, moments_of_days(connection, aim, newest, days)))
    on_step(len(wanted), len(wanted))
    if all(step.detectable is None for step in steps):
        raise InputError(
            f"{aim.metric} does not vary in the last {wanted[-1]} days of this log: there is "
            "nothing to go by, unless more --days are looked at."
        )
    return Power(aim, steps, log_days)


def moments_of_days(
    connection: duckdb.DuckDBPyConnection, aim: Aim, newest: datetime, days: int
) -> Moments:
    """The moments of all users as one group, over the last days of the log."""
    end = newest + timedelta(microseconds=1)
    span = Span(end - timedelta(days=days), end, aim.pre_days)
    return moments_of_values(metric_values(user_values(connection, span, [aim.metric]), aim.metric))


def sentences(found: Power) -> Iterator[str]:
    """What was found, for those who do not read tables."""
    aim = found.aim
    by_days = {step.days: step for step in found.steps}
    days = min(aim.days, found.log_days)
    if days < aim.days:
        yield (
            f"The log has {found.log_days} days, fewer than the {aim.days} that are asked for: "
            f"this is of {days}, and {aim.days} would detect less."
        )
    step = by_days[days]
    chance = f"{aim.power * 100:g} %"
    if step.detectable is None:
        yield f"In {days} days {aim.metric} does not vary: nothing would be detected."
    else:
        yield (
            f"In {days} days with {step.users:,} users, a change of {aim.metric} of "
            f"{percent(step.lift)} or more ({plain(step.mean)} by {plain(step.detectable)}) is "
            f"detected with a chance of {chance}; with CUPED one of {percent(step.cuped_lift)}."
        )
    if aim.lift is not None:
        ways = []
        for cuped, name in ((False, "without CUPED"), (True, "with CUPED")):
            needed = found.days_needed(cuped=cuped)
            longest = found.steps[-1].days
            ways.append(f"{needed} days {name}" if needed else f"more than {longest} days {name}")
        yield f"A change of {percent(aim.lift)} needs {' and '.join(ways)}."
    if aim.metric in RETENTION_DAYS:
        day = RETENTION_DAYS[aim.metric]
        yield f"Only users whose day {day} after their first event is over count."


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.3g} %"


def plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
