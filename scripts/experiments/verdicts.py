"""What may be said of a comparison, in words."""

from __future__ import annotations

from experiments.metrics import LESS_IS_BETTER, RETENTION_DAYS

ALPHA = 0.05
DO_NOT_READ = "do not read: users are not split as planned"


def verdict_of(metric: str, difference: float, p_value: float, p_value_adjusted: float) -> str:
    """The verdict on a comparison that could be made."""
    if p_value >= ALPHA:
        return "no difference shown"
    word = "better" if (difference > 0) != (metric in LESS_IS_BETTER) else "worse"
    if p_value_adjusted >= ALPHA:
        return f"perhaps {word}: not sure enough among so many comparisons"
    return word


def why_not(metric: str, control_arm: str, users: int, control_users: int, has_rate: bool) -> str:
    """Why a comparison could not be made. has_rate: whether both arms have a denominator."""
    if not users and not control_users and metric in RETENTION_DAYS:
        days = RETENTION_DAYS[metric]
        return f"too early: day {days} after the first exposure is not over for any user"
    if not control_users:
        return f"nothing to compare with: nobody of the control {control_arm} counts here"
    if min(users, control_users) < 2:
        return "too few users: each arm needs two"
    if not has_rate:
        return "nothing to compare: an arm has no event that the metric is a rate of"
    return "nothing to compare: there is no variance"
