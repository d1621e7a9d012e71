"""Whether a strategy has earned to serve.

The rule: on every evaluated cutoff, the interval of the paired difference between the strategy and
the best of its rivals lies above zero. It is applied to an evaluation's files, user by user.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from common import InputError, Row, exact_path, identifier

RIVALS = ("heuristic", "popular", "trending")
METRIC = "ndcg"
TRAINED = ("gbdt", "neural")  # what can serve in the place of the heuristic
LEAST_DIFFERENT = 6  # users of whom two strategies differ: five that agree are one chance in 16
NORMAL_95 = 1.959963984540054  # the 97.5 % quantile of the normal distribution


@dataclass(frozen=True)
class Duel:
    """A strategy against its best rival at one cutoff.

    difference, low, high: mean of the paired differences and its 95 % normal interval
    """

    cutoff: str
    strategy: str
    rival: str
    value: float
    rival_value: float
    difference: float
    low: float
    high: float
    users: int

    @property
    def is_won(self) -> bool:
        return self.low > 0


Values = dict[tuple[str, str], dict[str, float]]  # of users, by cutoff and strategy


def values_of(folder: Path, metric: str, k: int) -> Values:
    """What the evaluation in the folder found, user by user."""
    path = folder / "per_user.parquet"
    if not path.exists():
        raise InputError(
            f"there is no evaluation at {folder}: run scripts/evaluate.py --output {folder} first"
        )
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"""
            select coalesce(cutoff, ''), strategy, user_id, {identifier(metric)}
            from read_parquet(?)
            where item_scope = 'all' and k = ? and is_evaluated
            order by all
            """,
            [exact_path(path), k],
        ).fetchall()
    if not rows:
        raise InputError(f"the evaluation at {folder} has no rows for K = {k}: name another --k")
    values: Values = {}
    for cutoff, strategy, user, value in rows:
        values.setdefault((cutoff, strategy), {})[user] = value
    return values


def duels(
    folder: Path, strategies: Sequence[str], rivals: Sequence[str], metric: str, k: int
) -> list[Duel]:
    """Every strategy against its best rival, at each cutoff of the evaluation in the folder."""
    values = values_of(folder, metric, k)
    missing = [
        name for name in (*strategies, *rivals) if name not in {strategy for _, strategy in values}
    ]
    if missing:
        raise InputError(
            f"the evaluation at {folder} has no lists of {' and '.join(missing)}: evaluate them, "
            "trained stages with --vars '{\"ranking_enabled\": true}'"
        )
    found = []
    for cutoff in sorted({cutoff for cutoff, _ in values}):
        for strategy in strategies:
            one = duel_at(values, cutoff, strategy, rivals)
            if one is None:
                raise InputError(
                    f"at the cutoff {cutoff}, the evaluation at {folder} lacks {strategy} or all "
                    "its rivals: a stage was skipped there, see ranking_status"
                )
            found.append(one)
    return found


def duel_at(values: Values, cutoff: str, strategy: str, rivals: Sequence[str]) -> Duel | None:
    """The strategy against its best rival at one cutoff; none where either has no lists there."""
    own = values.get((cutoff, strategy))
    means = {
        name: float(np.mean(list(values[cutoff, name].values())))
        for name in rivals
        if (cutoff, name) in values
    }
    if own is None or not means:
        return None
    rival = max(means, key=lambda name: means[name])
    other = values[cutoff, rival]
    users = sorted(own.keys() & other.keys())
    values_of_both = (np.array([side[user] for user in users]) for side in (own, other))
    return duel(cutoff, strategy, rival, *values_of_both)


def promotion_rows(folder: Path, k: int, metric: str = METRIC) -> list[Row]:
    """What the warehouse keeps of the evaluation in the folder: the duels of trained strategies.

    One that has no lists at a cutoff has not won there; at none, it was not evaluated.
    """
    values = values_of(folder, metric, k) if (folder / "per_user.parquet").exists() else {}
    cutoffs = sorted({cutoff for cutoff, _ in values})
    rows = []
    for strategy in TRAINED:
        if not any((cutoff, strategy) in values for cutoff in cutoffs):
            continue
        for cutoff in cutoffs:
            one = duel_at(values, cutoff, strategy, RIVALS)
            rows.append(
                {
                    "cutoff": cutoff,
                    "strategy": strategy,
                    "rival": one.rival if one else None,
                    "metric": metric,
                    "k": k,
                    "difference": one.difference if one else None,
                    "low": one.low if one else None,
                    "high": one.high if one else None,
                    "n": one.users if one else 0,
                }
            )
    return rows


def recorded_duels(
    connection: duckdb.DuckDBPyConnection, strategies: Sequence[str]
) -> tuple[list[Duel], str, int]:
    """The duels of each strategy's newest evaluation in the warehouse, the metric and its K."""
    try:
        rows = connection.execute(
            """
            select as_of, strategy, rival, difference, low, high, n, metric, k
            from intermediate.int_recorded_promotions
            where log_source = (
                select settings ->> '$."the raw location"' from raw.intake_plan
            )
            qualify recorded_at = max(recorded_at) over (partition by strategy)
            order by as_of, strategy
            """
        ).fetchall()
    except duckdb.CatalogException as error:
        raise InputError("the warehouse has no recorded evaluations yet: make build") from error
    missing = [name for name in strategies if name not in {row[1] for row in rows}]
    if missing:
        raise InputError(
            f"the warehouse has no recorded evaluation of {' and '.join(missing)}: run "
            "scripts/evaluate.py --vars '{\"ranking_enabled\": true}'"
        )
    nan = math.nan
    found = [
        Duel(str(as_of), strategy, rival or "nobody (skipped)", nan, nan, *measured, users)
        for as_of, strategy, rival, *measured, users, _, _ in (
            (*row[:3], *(nan if value is None else value for value in row[3:6]), *row[6:])
            for row in rows
            if row[1] in strategies
        )
    ]
    return found, rows[0][7], rows[0][8]


def duel(cutoff: str, strategy: str, rival: str, own: np.ndarray, other: np.ndarray) -> Duel:
    """The paired comparison of two strategies by their values for the same users.

    Of a few users who differ, nothing is known of the spread: the interval has no ends.
    """
    differences = own - other
    mean = float(differences.mean())
    half = (
        NORMAL_95 * float(differences.std(ddof=1)) / math.sqrt(len(differences))
        if np.count_nonzero(differences) >= LEAST_DIFFERENT
        else math.inf
    )
    return Duel(
        cutoff,
        strategy,
        rival,
        float(own.mean()),
        float(other.mean()),
        mean,
        mean - half,
        mean + half,
        len(differences),
    )


def verdict(found: Sequence[Duel], strategy: str, metric: str, k: int) -> str:
    """One sentence on one strategy."""
    own = [one for one in found if one.strategy == strategy]
    won = [one for one in own if one.is_won]
    cutoffs = f"{len(own)} cutoff{'s' if len(own) != 1 else ''}"
    if len(won) == len(own):
        return (
            f"{strategy} has earned to serve: by {metric}@{k} it is better than the best of its "
            f"rivals on each of {cutoffs}. Serve it with serving_strategy: {strategy}."
        )
    return (
        f"{strategy} has not earned to serve: by {metric}@{k} it is better than the best of its "
        f"rivals on {len(won)} of {cutoffs}."
    )
