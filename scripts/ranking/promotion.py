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

from common import InputError, exact_path, identifier

RIVALS = ("heuristic", "popular", "trending")
NORMAL_95 = 1.959963984540054


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


def duels(
    folder: Path, strategies: Sequence[str], rivals: Sequence[str], metric: str, k: int
) -> list[Duel]:
    """Every strategy against its best rival, at each cutoff of the evaluation in the folder."""
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
    values: dict[tuple[str, str], dict[str, float]] = {}
    for cutoff, strategy, user, value in rows:
        values.setdefault((cutoff, strategy), {})[user] = value
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
        means = {
            name: float(np.mean(list(values[cutoff, name].values())))
            for name in rivals
            if (cutoff, name) in values
        }
        for strategy in strategies:
            own = values.get((cutoff, strategy))
            if own is None or not means:
                raise InputError(
                    f"at the cutoff {cutoff}, the evaluation at {folder} lacks {strategy} or all "
                    "its rivals: a stage was skipped there, see ranking_status"
                )
            rival = max(means, key=lambda name: means[name])
            other = values[cutoff, rival]
            users = sorted(own.keys() & other.keys())
            found.append(
                duel(
                    cutoff,
                    strategy,
                    rival,
                    np.array([own[user] for user in users]),
                    np.array([other[user] for user in users]),
                )
            )
    return found


def duel(cutoff: str, strategy: str, rival: str, own: np.ndarray, other: np.ndarray) -> Duel:
    """The paired comparison of two strategies by their values for the same users."""
    differences = own - other
    mean = float(differences.mean())
    half = (
        NORMAL_95 * float(differences.std(ddof=1)) / math.sqrt(len(differences))
        if len(differences) > 1
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
