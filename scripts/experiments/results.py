"""The rows of `experiment_results` and `experiment_results_daily`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from common import Row
from experiments.adjustment import holm
from experiments.inference import HAS_LIBRARY, NO_NUMBERS, differences
from experiments.metrics import EVERYBODY, METRICS
from experiments.moments import Moments, moments_of
from experiments.verdicts import DO_NOT_READ, verdict_of, why_not


def compared(
    moments: Iterable[Mapping[str, Any]],
    splits: Iterable[Mapping[str, Any]],
    arms: Iterable[Mapping[str, Any]],
) -> list[Row]:
    """Each arm against the control, by metric and segment, or by metric and day.

    moments: rows of `experiment_moments` or of `int_experiment_daily_moments`. splits: of
    `experiment_splits`. arms: of `int_experiment_arms`. Without the extra there are no rows.
    """
    if not HAS_LIBRARY:
        return []
    by_id = {split["experiment_id"]: split for split in splits}
    groups: dict[tuple[Any, ...], dict[tuple[str, str], Mapping[str, Any]]] = defaultdict(dict)
    with_users: dict[str, set[str]] = defaultdict(set)
    for arm in arms:
        if arm["users"]:
            with_users[arm["experiment_id"]].add(arm["arm"])
    for row in moments:
        key = (row["experiment_id"], row.get("segment", EVERYBODY), row.get("event_date"))
        groups[key][row["metric"], row["arm"]] = row
    rows: list[Row] = []
    for key in sorted(groups, key=str):
        experiment_id, segment, date = key
        split = by_id[experiment_id]
        others = sorted(with_users[experiment_id] - {split["control_arm"]})
        found = list(_comparisons(groups[key], split, others))
        for row in found:
            row |= {"experiment_id": experiment_id, "segment": segment, "date": date}
        rows += found
    return rows


def _comparisons(
    moments: Mapping[tuple[str, str], Mapping[str, Any]], split: Mapping[str, Any], arms: list[str]
) -> Iterator[Row]:
    """The comparisons of one experiment and segment (and day), with their adjusted p values."""
    control_arm = split["control_arm"]
    rows = [
        _comparison(
            metric, arm, control_arm,
            moments_of(moments.get((metric, arm))), moments_of(moments.get((metric, control_arm))),
        )
        for metric in METRICS
        for arm in arms
    ]  # fmt: skip
    for row, adjusted in zip(rows, holm([row["p_value"] for row in rows]), strict=True):
        row["p_value_adjusted"] = adjusted
        if row["p_value"] is not None:
            row["verdict"] = verdict_of(row["metric"], row["difference"], row["p_value"], adjusted)
        if split["is_readable"] is False:
            row |= NO_NUMBERS | {"p_value_adjusted": None, "verdict": DO_NOT_READ}
        yield row


def _comparison(metric: str, arm: str, control_arm: str, users: Moments, control: Moments) -> Row:
    """One comparison: of its verdict only why it could not be made."""
    means = {"mean": users.ratio(), "control_mean": control.ratio()}
    numbers = differences(users, control)
    has_rate = None not in means.values()
    reason = why_not(metric, control_arm, users.users, control.users, has_rate)
    return {
        "metric": metric,
        "arm": arm,
        "control_arm": control_arm,
        "users": users.users,
        "control_users": control.users,
        **means,
        **(numbers or NO_NUMBERS),
        "verdict": None if numbers else reason,
    }
