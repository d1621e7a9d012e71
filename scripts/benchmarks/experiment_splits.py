"""Splits that are drawn at random, in which nothing differs: how often would a difference be seen?

What each user did is computed once; users are then put into two arms again and again, and the code
that makes experiment_results compares these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations_with_replacement
from statistics import NormalDist

import duckdb
import numpy as np
from numpy.typing import NDArray

from common import Row
from experiments.inference import differences, squared_error
from experiments.metrics import METRICS, RETENTION_DAYS
from experiments.moments import PARTS, Moments, moments_of, sum_name
from experiments.power import SPAN
from experiments.sequential import always_valid_half_width
from experiments.user_values import RATIOS, Array, Span, metric_values, user_values

ALPHA = 0.05
AT_ONCE = 100  # splits
PAIRS = list(combinations_with_replacement(range(len(PARTS)), 2))
FIXED_Z = NormalDist().inv_cdf(1 - ALPHA / 2)

OnStep = Callable[[], None]


@dataclass(frozen=True)
class Shares:
    """How often a difference was seen in a metric, and in how many splits it could be."""

    metric: str
    splits: int
    seen: int  # p below 0.05; of peeks: the always-valid interval excludes 0 at one of them
    other: int  # the same with CUPED; of peeks: p below 0.05 at one of them


def family(metric: str) -> str:
    """What kind of metric it is."""
    if metric in RATIOS:
        return "ratios of sums"
    if metric in RETENTION_DAYS:
        return "retention"
    rare = ("likes", "shares", "comments", "follows", "hides")
    return "rare events" if metric.startswith(rare) else "means over users"


def span_of(connection: duckdb.DuckDBPyConnection) -> tuple[datetime, datetime]:
    """The first moment of the log, and the one after the newest."""
    [(first, newest)] = connection.execute(SPAN).fetchall()
    return first, newest + timedelta(microseconds=1)


def in_arms(values: Array, treated: NDArray[np.bool_]) -> Iterator[tuple[Moments, Moments]]:
    """The moments of treatment and control of each split. treated: a row for each."""
    products = np.stack([values[one] * values[other] for one, other in PAIRS])
    columns = np.concatenate((np.ones((1, values.shape[1])), values, products)).T
    of_treated = treated.astype(np.float64) @ columns
    whole = columns.sum(axis=0)
    for sums in of_treated:
        yield moments_of(row_of(sums)), moments_of(row_of(whole - sums))


def row_of(sums: Array) -> Row:
    """Sums as a row of experiment_moments."""
    users, *rest = map(float, sums)
    names = [sum_name(part) for part in PARTS]
    names += [sum_name(PARTS[one], PARTS[other]) for one, other in PAIRS]
    return {"users": round(users), **dict(zip(names, rest, strict=True))}


def drawn(users: int, splits: int, seed: int) -> Iterator[NDArray[np.bool_]]:
    """Splits in halves, some at once: a row for each, a column for each user."""
    rng = np.random.default_rng(seed)
    for first in range(0, splits, AT_ONCE):
        yield rng.random((min(AT_ONCE, splits - first), users)) < 0.5


def false_positives(
    connection: duckdb.DuckDBPyConnection,
    splits: int,
    seed: int,
    on_step: OnStep,
    metrics: Sequence[str] = METRICS,
) -> list[Shares]:
    """How often p is below 0.05, by metric: of an experiment over the last two thirds of the log,
    with the first third as pre-period."""
    first, end = span_of(connection)
    pre = max(1, round((end - first) / timedelta(days=3)))
    span = Span(first + timedelta(days=pre), end, pre)
    columns = user_values(connection, span, metrics)
    found = []
    for metric in metrics:
        values, seen, cuped, told = metric_values(columns, metric), 0, 0, 0
        for treated in drawn(values.shape[1], splits, seed):
            for arm, control in in_arms(values, treated):
                numbers = differences(arm, control) or {}
                told += numbers.get("p_value") is not None
                seen += (numbers.get("p_value") or 1.0) < ALPHA
                cuped += (numbers.get("cuped_p_value") or 1.0) < ALPHA
        found.append(Shares(metric, told, seen, cuped))
        on_step()
    return found


def peeks(
    connection: duckdb.DuckDBPyConnection,
    splits: int,
    looks: int,
    seed: int,
    on_step: OnStep,
    metrics: Sequence[str] = METRICS,
) -> list[Shares]:
    """How often an interval excludes 0 at one look or another, by metric.

    An experiment over the whole log is looked at so many times, evenly over its time.
    """
    first, end = span_of(connection)
    at_looks = []
    for look in range(1, looks + 1):
        span = Span(first, first + (end - first) * look / looks, 1)
        at_looks.append(user_values(connection, span, metrics))
        on_step()
    everybody = at_looks[-1]["user_key"].astype(np.int64)
    found = []
    for metric in metrics:
        always = np.zeros(splits, dtype=bool)
        fixed = np.zeros(splits, dtype=bool)
        told = np.zeros(splits, dtype=bool)
        for columns in at_looks:
            place, values = with_places(columns, metric, everybody)
            number = 0
            for treated in drawn(len(everybody), splits, seed):
                for arm, control in in_arms(values, treated[:, place]):
                    error = squared_error(arm, control)
                    if error:
                        apart = abs((arm.ratio() or 0.0) - (control.ratio() or 0.0))
                        half = always_valid_half_width(error, arm.users + control.users)
                        always[number] |= apart > half
                        fixed[number] |= apart > FIXED_Z * error**0.5
                        told[number] = True
                    number += 1
        found.append(Shares(metric, int(told.sum()), int(always.sum()), int(fixed.sum())))
        on_step()
    return found


def with_places(
    columns: dict[str, Array], metric: str, everybody: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Array]:
    """The values of the users whom a metric looks at, and where they are among all."""
    values = metric_values(columns, metric)
    keys = columns["user_key"].astype(np.int64)
    if values.shape[1] != len(keys):
        retained = columns[metric.replace("retention", "retained")]
        keys = keys[~np.isnan(retained)]
    place: NDArray[np.int64] = np.searchsorted(everybody, keys)
    return place, values
