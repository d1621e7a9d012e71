"""How an arm differs from the control, and how sure that is: by tea-tasting, from moments.

Welch's t-test, ratios by the delta method with the user as the unit, CUPED by a ratio of the
pre-period (tea-tasting: RatioOfMeans). What it lacks is in `sequential`.
"""

from __future__ import annotations

from math import isfinite, sqrt
from typing import Any

from experiments.moments import LEAST_VARIANCE, Moments, pooled
from experiments.sequential import always_valid_half_width

try:
    import scipy.stats
    from tea_tasting import RatioOfMeans
    from tea_tasting.aggr import Aggregates
except ImportError:  # the extra is not there
    HAS_LIBRARY = False
else:
    HAS_LIBRARY = True

MISSING = "the extra `experiments` is not installed (make experiments installs it)"
LEVEL = 0.95

# what tea-tasting calls each column; in the order of experiment_results
COLUMNS = {
    "difference": "effect_size",
    "difference_low": "effect_size_ci_lower",
    "difference_high": "effect_size_ci_upper",
    "lift": "rel_effect_size",
    "lift_low": "rel_effect_size_ci_lower",
    "lift_high": "rel_effect_size_ci_upper",
    "p_value": "pvalue",
}
Numbers = dict[str, float | None]
NO_NUMBERS: Numbers = dict.fromkeys(
    [
        *COLUMNS,
        *(f"cuped_{name}" for name in COLUMNS),
        "cuped_narrowing",
        "always_valid_low",
        "always_valid_high",
    ]
)


def differences(arm: Moments, control: Moments) -> Numbers | None:
    """What experiment_results says of an arm, from difference to always_valid_high.

    None where there is no variance, or an arm has fewer than two users or no denominator.
    """
    error = squared_error(arm, control)
    if error is None or not error > 0:
        return None
    found = NO_NUMBERS | _analysed(arm, control, "") | _with_cuped(arm, control)
    if found["difference"] is None:
        return None
    narrow, wide = (_width(found, f"{prefix}difference") for prefix in ("cuped_", ""))
    found["cuped_narrowing"] = 1 - narrow / wide if narrow is not None and wide else None
    half = always_valid_half_width(error, arm.users + control.users)
    found["always_valid_low"] = found["difference"] - half
    found["always_valid_high"] = found["difference"] + half
    return found


def squared_error(arm: Moments, control: Moments) -> float | None:
    """The variance of the difference; None where it cannot be known."""
    if min(arm.users, control.users) < 2 or arm.ratio() is None or control.ratio() is None:
        return None
    return arm.variance() / arm.users + control.variance() / control.users


def _width(numbers: Numbers, name: str) -> float | None:
    low, high = numbers[f"{name}_low"], numbers[f"{name}_high"]
    return None if low is None or high is None else high - low


def _with_cuped(arm: Moments, control: Moments) -> Numbers:
    """The numbers adjusted by the pre-period; none where that has no variance, or leaves none."""
    if arm.ratio("pre_") is None or control.ratio("pre_") is None:
        return {}
    together = pooled(arm, control)
    spread = together.variance("pre_")
    if not spread > 0:
        return {}
    factor = together.ratio_covariance("", "pre_") / spread
    left = [
        one.variance()
        + factor**2 * one.variance("pre_")
        - 2 * factor * one.ratio_covariance("", "pre_")
        for one in (arm, control)
    ]
    most = max(arm.variance(), control.variance())
    if max(left) <= LEAST_VARIANCE * most or min(left) < -LEAST_VARIANCE * most:
        return {}
    return _analysed(arm, control, "cuped_")


def _analysed(arm: Moments, control: Moments, prefix: str) -> Numbers:
    """What tea-tasting says, by the names of our columns."""
    covariates = (
        {"numer_covariate": "pre_numerator", "denom_covariate": "pre_denominator"} if prefix else {}
    )
    metric = RatioOfMeans(
        "numerator",
        "denominator",
        **covariates,
        confidence_level=LEVEL,
        equal_var=False,
        use_t=True,
    )
    try:
        result = metric.analyze_aggregates(_aggregates(control), _aggregates(arm))
        found = {name: _finite(getattr(result, theirs)) for name, theirs in COLUMNS.items()}
    except (ArithmeticError, ValueError):
        # no lift can be told of a mean of 0, or of one that is all but 0
        found = {} if prefix else _difference_alone(arm, control)
    if None in (found.get("lift_low"), found.get("lift_high")):
        found |= dict.fromkeys(("lift", "lift_low", "lift_high"))
    return {f"{prefix}{name}": found.get(name) for name in COLUMNS}


def _difference_alone(arm: Moments, control: Moments) -> Numbers:
    """Welch's t-test of the difference, where tea-tasting stumbles over its lift."""
    parts = [one.variance() / one.users for one in (arm, control)]
    error = sqrt(sum(parts))
    freedom = sum(parts) ** 2 / sum(
        part**2 / (one.users - 1) for part, one in zip(parts, (arm, control), strict=True)
    )
    ratios = arm.ratio(), control.ratio()
    assert ratios[0] is not None
    assert ratios[1] is not None
    difference = ratios[0] - ratios[1]
    half = float(scipy.stats.t.ppf((1 + LEVEL) / 2, freedom)) * error
    p_value = float(2 * scipy.stats.t.sf(abs(difference) / error, freedom))
    return {
        "difference": difference,
        "difference_low": difference - half,
        "difference_high": difference + half,
        "p_value": p_value,
    }


def _aggregates(moments: Moments) -> Any:  # noqa: ANN401, of a library that may be missing
    """The moments as tea-tasting takes them."""
    covariances = moments.covariances
    return Aggregates(
        count_=moments.users,
        mean_=dict(moments.means),
        var_={one: value for (one, other), value in covariances.items() if one == other},
        cov_={pair: value for pair, value in covariances.items() if pair[0] < pair[1]},
    )


def _finite(value: float) -> float | None:
    return float(value) if isfinite(value) else None
