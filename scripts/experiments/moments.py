"""Means, variances and covariances of the users of an arm, from sums of `experiment_moments`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

PARTS = ("numerator", "denominator", "pre_numerator", "pre_denominator")
# A variance below this share of the mean square is what rounding leaves of none.
LEAST_VARIANCE = 1e-12


def sum_name(one: str, other: str | None = None) -> str:
    """The column of `experiment_moments` with the sum of a part, or of a product of two."""
    if other is None:
        return f"sum_{one}"
    return f"sum_{one}_squared" if one == other else f"sum_{one}_{other}"


@dataclass(frozen=True)
class Moments:
    """The users of an arm: how many, and the means and covariances of their four numbers."""

    users: int
    means: Mapping[str, float]
    covariances: Mapping[tuple[str, str], float]  # sample covariances, both orders; of two or more

    def ratio(self, prefix: str = "") -> float | None:
        """The metric: a ratio of means. None without a denominator. prefix: pre_ for before."""
        below = self.means[f"{prefix}denominator"]
        return self.means[f"{prefix}numerator"] / below if below else None

    def ratio_covariance(self, left: str, right: str) -> float:
        """The covariance of two such ratios by the delta method (Deng et al. 2018, KDD).

        left, right: their prefixes. With two equal ones it is the variance.
        """
        one, other = self.ratio(left), self.ratio(right)
        assert one is not None
        assert other is not None
        numerators = (f"{left}numerator", f"{right}numerator")
        denominators = (f"{left}denominator", f"{right}denominator")
        found = (
            self.covariances[numerators]
            - other * self.covariances[numerators[0], denominators[1]]
            - one * self.covariances[denominators[0], numerators[1]]
            + one * other * self.covariances[denominators]
        )
        return found / self.means[denominators[0]] / self.means[denominators[1]]

    def variance(self, prefix: str = "") -> float:
        """The variance of the ratio; 0 where only rounding is left of it."""
        below = self.means[f"{prefix}denominator"]
        found = self.ratio_covariance(prefix, prefix)
        return found if found > LEAST_VARIANCE * self.mean_square(prefix) / below**2 else 0.0

    def mean_square(self, prefix: str) -> float:
        """Mean of the squared numerators."""
        name = f"{prefix}numerator"
        spread = self.covariances[name, name] * (self.users - 1) / self.users
        return spread + self.means[name] ** 2


def moments_of(row: Mapping[str, Any] | None) -> Moments:
    """The moments of a row of `experiment_moments`; none: of no users."""
    users = int(row["users"]) if row else 0
    if not row or not users:
        return Moments(0, dict.fromkeys(PARTS, 0.0), {})
    means = {part: row[sum_name(part)] / users for part in PARTS}
    covariances: dict[tuple[str, str], float] = {}
    for one, other in combinations_with_replacement(PARTS, 2) if users > 1 else ():
        product = row[sum_name(one, other)]
        found = (product - row[sum_name(one)] * means[other]) / (users - 1)
        if one == other and found <= LEAST_VARIANCE * product / users:
            found = 0.0
        covariances[one, other] = covariances[other, one] = found
    return Moments(users, means, covariances)


def pooled(one: Moments, other: Moments) -> Moments:
    """The moments of two groups of users together, of two users or more each."""
    users = one.users + other.users
    means = {
        part: (one.users * one.means[part] + other.users * other.means[part]) / users
        for part in PARTS
    }
    apart = {part: one.means[part] - other.means[part] for part in PARTS}
    weight = one.users * other.users / users
    covariances = {
        (left, right): (
            one.covariances[left, right] * (one.users - 1)
            + other.covariances[left, right] * (other.users - 1)
            + apart[left] * apart[right] * weight
        )
        / (users - 1)
        for left, right in one.covariances
    }
    return Moments(users, means, covariances)
