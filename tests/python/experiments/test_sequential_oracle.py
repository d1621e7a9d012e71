"""The always-valid interval against gbstats 0.8, which needs an environment of its own
(make test-oracles); elsewhere these tests are skipped.
"""

from __future__ import annotations

import sys
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import pytest

tests = pytest.importorskip("gbstats.frequentist.tests", reason="gbstats is not installed")
statistics = pytest.importorskip("gbstats.models.statistics")

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from experiments.moments import PARTS, Moments, moments_of, sum_name  # noqa: E402
from experiments.sequential import always_valid_half_width  # noqa: E402

TOLERANCE = 1e-9


def arm(rng: np.random.Generator, users: int, mean: float) -> tuple[Moments, np.ndarray]:
    """An arm of users with events, and the sums of them."""
    below = rng.poisson(8, users) + 1.0
    above = rng.binomial(below.astype(int), mean) + rng.gamma(0.5, 0.1, users)
    columns = [above, below, np.zeros(users), np.zeros(users)]
    row: dict[str, float] = {"users": users}
    row |= {sum_name(part): column.sum() for part, column in zip(PARTS, columns, strict=True)}
    pairs = combinations_with_replacement(zip(PARTS, columns, strict=True), 2)
    row |= {sum_name(one, other): float(a @ b) for (one, a), (other, b) in pairs}
    return moments_of(row), np.array(columns[:2])


@pytest.mark.parametrize("users", [2, 7, 60, 900, 20_000])
def test_it_is_that_of_gbstats(users: int) -> None:
    rng = np.random.default_rng(users)
    control, control_values = arm(rng, users, 0.3)
    treated, treated_values = arm(rng, users + 3, 0.33)

    def ratio(values: np.ndarray) -> object:
        above, below = (
            statistics.SampleMeanStatistic(
                n=values.shape[1], sum=one.sum(), sum_squares=float(one @ one)
            )
            for one in values
        )
        return statistics.RatioStatistic(
            n=values.shape[1],
            m_statistic=above,
            d_statistic=below,
            m_d_sum_of_products=float(values[0] @ values[1]),
        )

    config = tests.SequentialConfig(difference_type="absolute")
    theirs = tests.SequentialTwoSidedTTest(ratio(control_values), ratio(treated_values), config)
    low, high = theirs.confidence_interval
    error = control.variance() / control.users + treated.variance() / treated.users
    half = always_valid_half_width(error, control.users + treated.users)
    means = treated.ratio(), control.ratio()
    assert means[0] is not None
    assert means[1] is not None
    difference = means[0] - means[1]
    assert difference - half == pytest.approx(low, abs=TOLERANCE)
    assert difference + half == pytest.approx(high, abs=TOLERANCE)
