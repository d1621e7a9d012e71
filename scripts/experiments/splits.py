"""Whether users are split over the arms as planned: the rows of `experiment_splits`.

Pearson's chi-square; of two arms it is tea-tasting's SampleRatio by the normal approximation
without correction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from common import Row
from experiments.inference import HAS_LIBRARY, MISSING
from experiments.metrics import METRICS

# Fabijan et al. (2019), "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments", KDD
LEAST_P = 0.0005


def checked_splits(
    experiments: Iterable[Mapping[str, Any]], arms: Iterable[Mapping[str, Any]]
) -> list[Row]:
    """A row for each experiment. experiments: of int_experiments. arms: of int_experiment_arms."""
    by_id: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for arm in sorted(arms, key=lambda row: row["arm"]):
        by_id[arm["experiment_id"]].append(arm)
    known = sorted(experiments, key=lambda row: row["experiment_id"])
    is_table_given = any(one["is_described"] for one in known)
    return [_checked(one, by_id[one["experiment_id"]], is_table_given) for one in known]


def chi_square_of(users: Sequence[int], weights: Sequence[float]) -> float | None:
    """How far users are from the plan; None where there is nothing to compare.

    weights: planned shares, of whatever they add up to. Infinite where an arm with users has none.
    """
    total, whole = sum(users), sum(weights)
    n_arms = sum(1 for count, weight in zip(users, weights, strict=True) if count or weight)
    if n_arms < 2 or not total or not whole:
        return None
    expected = [total * weight / whole for weight in weights]
    if any(count and not wanted for count, wanted in zip(users, expected, strict=True)):
        return float("inf")
    pairs = zip(users, expected, strict=True)
    return sum((count - wanted) ** 2 / wanted for count, wanted in pairs if wanted)


def p_value_of(chi_square: float | None, degrees_of_freedom: int) -> float | None:
    """How likely a chi-square at least as large is by chance."""
    if chi_square is None or not HAS_LIBRARY:
        return None
    if degrees_of_freedom < 1:
        return 1.0 if not chi_square else 0.0
    from scipy.stats import chi2

    return float(chi2.sf(chi_square, degrees_of_freedom))


def _checked(experiment: Mapping[str, Any], arms: list[Mapping[str, Any]], is_given: bool) -> Row:
    weights = [arm["planned_weight"] for arm in arms]
    freedom = max(sum(1 for weight in weights if weight) - 1, 0)
    row: Row = {
        "arms": len(arms),
        **{
            name: sum(arm[name] for arm in arms)
            for name in ("users", "crossovers", "exposed_users")
        },
        "users_by_arm": _by_arm(arms, [arm["users"] for arm in arms]),
        "exposed_users_by_arm": _by_arm(arms, [arm["exposed_users"] for arm in arms]),
        "degrees_of_freedom": freedom,
    }
    whole = sum(weights) or 1
    row["planned_users_by_arm"] = _by_arm(arms, [row["users"] * one / whole for one in weights])
    for prefix, counted in (("", "users"), ("exposed_", "exposed_users")):
        found = chi_square_of([arm[counted] for arm in arms], weights)
        row[f"{prefix}p_value"] = p_value_of(found, freedom)
        row[f"{prefix}chi_square"] = None if found == float("inf") else found
    names = ("experiment_id", "control_arm", "primary_metric", "ended_at")
    row |= {name: experiment[name] for name in (*names, "first_assigned_at", "last_assigned_at")}
    row["started_at"] = experiment["started_at"] or experiment["first_assigned_at"]
    known = [p for p in (row["p_value"], row["exposed_p_value"]) if p is not None]
    row["is_readable"] = min(known) >= LEAST_P if known else None
    row["verdict"] = _verdict(row, arms)
    notes = list(_notes(experiment, arms, row, is_given))
    row["notes"] = " ".join(notes) or None
    return row


def _by_arm(arms: list[Mapping[str, Any]], counts: Sequence[float]) -> str | None:
    """Numbers of the arms as a text: control=512|treatment=488."""
    pairs = zip(arms, counts, strict=True)
    return "|".join(f"{arm['arm']}={round(count, 1):.10g}" for arm, count in pairs) or None


def _verdict(row: Row, arms: list[Mapping[str, Any]]) -> str:
    if not row["users"]:
        return "Nobody is in it: there is nothing to compare."
    if sum(1 for arm in arms if arm["users"] or arm["planned_weight"]) < 2:
        return "There is one arm only: there is nothing to compare."
    if row["p_value"] is None:
        return f"Not judged: {MISSING}."
    for prefix, who in (("", "users"), ("exposed_", "exposed users")):
        p_value = row[f"{prefix}p_value"]
        if p_value is not None and p_value < LEAST_P:
            return (
                f"Do not read the results: {who} are not split as planned"
                f" ({row[f'{prefix}users_by_arm']}, p = {p_value:.2g})."
            )
    return f"Users are split as planned (p = {row['p_value']:.2g})."


def _notes(
    experiment: Mapping[str, Any], arms: list[Mapping[str, Any]], row: Row, is_given: bool
) -> Iterable[str]:
    """What else is to be known, in sentences."""
    control, counts = experiment["control_arm"], {arm["arm"]: arm["users"] for arm in arms}
    if is_given and not experiment["is_described"]:
        yield "The table experiments does not have it: what it would say is assumed."
    if experiment["control_source"] == "first by name":
        yield f"The control is {control}, the first arm by name, as none is named control."
    if row["users"] and not counts.get(control):
        yield f"The control {control} has no users: there is nothing to compare with."
    if any(arm["plan"] == "unusable" for arm in arms):
        yield (
            f"The planned shares {experiment['planned_shares']} are not such as"
            " control=0.5|treatment=0.5: equal ones are expected."
        )
    yield from _times(experiment)
    unplanned = [arm["arm"] for arm in arms if arm["users"] and not arm["planned_weight"]]
    if unplanned:
        yield f"The plan has no share for {' and '.join(unplanned)}."
    small = [name for name, count in counts.items() if count == 1]
    if small:
        yield f"There is one user only in {' and '.join(small)}: each arm needs two."
    if row["crossovers"]:
        yield f"{_users(row['crossovers'])} in two arms or more, and in no result."
    missing = row["users"] - row["exposed_users"]
    if missing:
        yield f"{_users(missing)} without an event from the assignment on, and in no result."
    late = sum(arm["users_after_the_end"] for arm in arms)
    if late:
        yield f"{_users(late)} assigned after the end of the log or of the experiment."
    for name, counted in (("d1_retention", "d1_users"), ("d7_retention", "d7_users")):
        early = row["exposed_users"] - sum(arm[counted] for arm in arms)
        if early:
            yield f"{name} leaves out {early}, whose day is not over."
    primary = experiment["primary_metric"]
    if primary and primary not in METRICS:
        yield f"The primary metric {primary} is not one of {', '.join(METRICS)}."


def _times(experiment: Mapping[str, Any]) -> Iterable[str]:
    """Why nobody can have entered, where the times of the experiment are such."""
    started, ended = experiment["started_at"], experiment["ended_at"]
    newest = experiment["observed_until"]
    if started and ended and started >= ended:
        yield f"It ends ({ended}) before it starts ({started}): nobody enters it."
    elif started and newest and started > newest:
        yield f"It starts ({started}) after the newest event ({newest}): nobody has entered yet."


def _users(count: int) -> str:
    return "1 user is" if count == 1 else f"{count:,} users are"
