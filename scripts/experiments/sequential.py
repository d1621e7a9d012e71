"""An interval that may be looked at every day: an asymptotic confidence sequence.

Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic
confidence sequences", arXiv 2103.06476v7: equation 9 for the interval, equation 161 for the tuning.
GrowthBook (gbstats) computes the same.
"""

from __future__ import annotations

from math import log, sqrt

ALPHA = 0.05
TUNED_FOR = 5000  # users of both arms together at which the interval is narrowest; GrowthBook's


def always_valid_half_width(
    squared_error: float, users: int, alpha: float = ALPHA, tuned_for: float = TUNED_FOR
) -> float:
    """Half of the interval's width around a difference.

    squared_error: the variance of the difference. users: of both arms together.
    """
    rho_squared = (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / tuned_for
    grown = users * rho_squared + 1
    width = 2 * grown * log(sqrt(grown) / alpha) / (users**2 * rho_squared)
    return sqrt(squared_error * users * width)
