"""What the trained ranking stages share: features, training examples, metrics, facts.

The dbt Python models in `models/ranking` call these functions; nothing here reads or writes a
warehouse. A stage that cannot be trained raises `Skip` with one sentence.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from common import Row
from ranking.own import Own, learned

if TYPE_CHECKING:
    import duckdb
    from lightgbm import Booster

KEYS = ("cutoff_key", "user_key", "ping_key")
GRADE = "relevance_grade"
PRIOR = "prior_score"  # log of recent popularity: where both stages start from
SEED = 20240213
FAMILIES = ("popularity", "category", "creator", "freshness")
LEAST_LISTS = 10  # of a slice: with fewer, what is learned is noise

# Each feature: the part of the score that its contribution is added to, and what a reason calls it.
FEATURES: dict[str, tuple[str, str]] = {
    "prior_score": ("popularity", "recent popularity"),
    "users_share_6h": ("popularity", "reach in the last hours"),
    "users_share_24h": ("popularity", "reach in the last day"),
    "users_share_all": ("popularity", "reach"),
    "gain_share_6h": ("popularity", "liked in the last hours"),
    "gain_share_24h": ("popularity", "liked in the last day"),
    "gain_share_48h": ("popularity", "liked in the last two days"),
    "gain_share_all": ("popularity", "liked by many"),
    "positive_rate_24h": ("popularity", "recent response rate"),
    "positive_rate_all": ("popularity", "response rate"),
    "mean_ratio_24h": ("popularity", "watched for long"),
    "active_rate": ("popularity", "likes, comments and shares"),
    "audience_signup": ("popularity", "audience by sign-up"),
    "audience_activity": ("popularity", "audience by activity"),
    "signup_group_lift": ("popularity", "liked by users of similar sign-up"),
    "activity_group_lift": ("popularity", "liked by users as active"),
    "signup_match": ("popularity", "seen by users of similar sign-up"),
    "signup_distance": ("popularity", "seen by users of similar sign-up"),
    "activity_match": ("popularity", "seen by users as active"),
    "user_signup_percentile": ("popularity", "time since sign-up"),
    "user_log_activity": ("popularity", "own activity"),
    "user_positive_rate": ("popularity", "own response rate"),
    "user_mean_ratio": ("popularity", "own watch time"),
    "user_mean_log_duration": ("category", "own video length"),
    "user_hours_since_last": ("popularity", "time since last visit"),
    "category_pings": ("category", "seen in this category"),
    "category_affinity": ("category", "prefers this category"),
    "category_positive_rate": ("category", "likes this category"),
    "category_lift": ("category", "related category"),
    "declared_affinity": ("category", "declared interest"),
    "log_duration": ("category", "video length"),
    "duration_distance": ("category", "usual video length"),
    "duration_positive_rate": ("category", "likes this length"),
    "covisitation": ("category", "seen together with own pings"),
    "creator_pings": ("creator", "knows this creator"),
    "creator_positive": ("creator", "likes this creator"),
    "trend_6h": ("freshness", "rising in the last hours"),
    "trend_24h": ("freshness", "rising in the last day"),
    "hours_since_first": ("freshness", "new in the log"),
    "hours_since_last": ("freshness", "seen just now"),
    "age_days": ("freshness", "recently published"),
}
NAMES = tuple(FEATURES)

Importance = dict[str, tuple[float, int]]  # by feature: gain, number of splits
Fact = tuple[str, str, float | None, str | None]  # kind, name, value, content
FACTS = pa.schema(
    [
        ("stage", pa.string()),
        ("kind", pa.string()),
        ("name", pa.string()),
        ("value", pa.float64()),
        ("content", pa.string()),
    ]
)


class Skip(Exception):
    """A stage cannot be trained or used. The message is one sentence without its full stop."""


@dataclass(frozen=True)
class Examples:
    """Rows in the order of their lists.

    features: rows × NAMES and own names, float32. grades, prior, cutoffs: one value a row.
    sizes: rows of each list, in order; a list is a user at a cutoff. own: the own features.
    """

    features: np.ndarray
    grades: np.ndarray
    prior: np.ndarray
    cutoffs: np.ndarray
    sizes: np.ndarray
    own: Own = field(default_factory=Own)

    def at(self, cutoffs: list[int]) -> Examples:
        """The lists of some cutoffs."""
        rows = np.isin(self.cutoffs, cutoffs)
        first = np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(int)
        return Examples(
            self.features[rows],
            self.grades[rows],
            self.prior[rows],
            self.cutoffs[rows],
            self.sizes[rows[first]] if len(self.sizes) else self.sizes,
            self.own,
        )


def matrix(table: pa.Table, own: Own, order: np.ndarray | None = None) -> np.ndarray:
    """The features of a table, rows × NAMES and own names, as float32.

    order: of the rows, where not the table's. The largest things of a build are made here: a
    column at a time, so that there is no second copy of all.
    """
    rows = slice(None) if order is None else order
    features = np.empty((table.num_rows, len(NAMES) + len(own.names)), np.float32)
    for place, name in enumerate(NAMES):
        features[:, place] = table[name].to_numpy()[rows]
    for place, column in enumerate(own.columns(table), len(NAMES)):
        features[:, place] = column[rows]
    return features


def examples_of(table: pa.Table) -> Examples:
    """Examples from a table of int_ranking_examples, whatever the order of its rows."""
    order = pc.sort_indices(table, [(key, "ascending") for key in KEYS]).to_numpy()
    cutoffs = table["cutoff_key"].to_numpy()[order]
    users = table["user_key"].to_numpy()[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(cutoffs) != 0) | (np.diff(users) != 0)])
    sizes = np.diff(np.r_[starts, len(users)]) if len(users) else np.array([], int)
    own = learned(table)
    features = matrix(table, own, order)
    grades = table[GRADE].to_numpy()[order].astype(float)
    prior = table[PRIOR].to_numpy()[order].astype(float)
    return Examples(features, grades, prior, cutoffs, sizes, own)


def training_cutoffs(cutoffs: pa.Table) -> dict[int, Row]:
    """The rows of int_ranking_cutoffs that are trained on, by key. Raises Skip without any."""
    rows = {row["cutoff_key"]: row for row in cutoffs.to_pylist() if row["cutoff_key"] > 0}
    if not rows:
        raise Skip("the log is too short to train on: it holds no training cutoff")
    return rows


def earlier_and_newest(rows: dict[int, Row]) -> tuple[list[int], int]:
    """The cutoffs to fit on, whose labels end before the newest one begins, and the newest.

    rows: training cutoffs. Raises Skip where there is nothing to fit on.
    """
    newest = min(rows)
    earlier = [
        key
        for key, row in rows.items()
        if row["horizon_end_hour"] <= rows[newest]["cutoff_hour"] and key != newest
    ]
    if not earlier:
        raise Skip(
            "the log is too short to train on: no training cutoff ends before the newest one begins"
        )
    return earlier, newest


def split(examples: Examples, cutoffs: pa.Table) -> tuple[Examples, Examples]:
    """The examples to fit on, and the later ones to stop by: their labels do not overlap in time.

    cutoffs: int_ranking_cutoffs. Raises Skip where there is too little of either.
    """
    rows = training_cutoffs(cutoffs)
    if not len(examples.grades):
        raise Skip("there is nothing to learn from: no candidate of a training list was relevant")
    earlier, newest = earlier_and_newest(rows)
    fitted, held_out = examples.at(earlier), examples.at([newest])
    for part, what in ((fitted, "to learn from"), (held_out, "to check with")):
        if len(part.sizes) < LEAST_LISTS:
            raise Skip(
                f"the log has {len(part.sizes)} lists {what}, and {LEAST_LISTS} are the least"
            )
        relevant = int((part.grades > 0).sum())
        if relevant == len(part.grades):
            raise Skip(f"there is one class only {what}: every candidate was relevant")
    if not (np.ptp(fitted.features, axis=0) > 0).any():
        raise Skip("there are no features to learn from: all have the same value everywhere")
    return fitted, held_out


def ndcg(examples: Examples, scores: np.ndarray, k: int = 10) -> float:
    """Mean NDCG@k over the lists: linear gain, log2 discount, ideal among the rows of the list."""
    lists = np.repeat(np.arange(len(examples.sizes)), examples.sizes)
    starts = np.repeat(np.cumsum(examples.sizes) - examples.sizes, examples.sizes)

    def gains(by: np.ndarray) -> np.ndarray:
        order = np.lexsort((np.arange(len(by)), -by, lists))
        places = np.arange(len(by)) - starts
        worth = np.where(places < k, examples.grades[order] / np.log2(places + 2), 0.0)
        return np.bincount(lists, worth, len(examples.sizes))

    ideal = gains(examples.grades)
    return float(np.mean(gains(scores)[ideal > 0] / ideal[ideal > 0]))


def auc(relevant: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve by ranks (Mann and Whitney 1947); ties count half."""
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    positives = int(relevant.sum())
    negatives = len(relevant) - positives
    if not positives or not negatives:
        return float("nan")
    return float((ranks[relevant].sum() - positives * (positives + 1) / 2) / positives / negatives)


def log_loss(relevant: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean negative log likelihood, in nats."""
    clipped = np.clip(probabilities, 1e-12, 1 - 1e-12)
    return float(-np.mean(np.where(relevant, np.log(clipped), np.log1p(-clipped))))


def sigmoid(values: np.ndarray) -> np.ndarray:
    """The logistic function, without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * values))


def calibration(relevant: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """Slope and intercept that make scores log odds (Platt 1999), by Newton's method."""
    centre, scale = float(scores.mean()), float(scores.std()) or 1.0
    design = np.column_stack([(scores - centre) / scale, np.ones(len(scores))])
    share = np.clip(relevant.mean(), 1e-6, 1 - 1e-6)
    beta = np.array([0.0, np.log(share / (1 - share))])
    for _ in range(25):
        chance = sigmoid(design @ beta)
        gradient = design.T @ (relevant - chance) - 1e-6 * beta
        weights = chance * (1 - chance)
        beta = beta + np.linalg.solve(
            (design * weights[:, None]).T @ design + 1e-6 * np.eye(2), gradient
        )
    return float(beta[0] / scale), float(beta[1] - beta[0] * centre / scale)


def classification(relevant: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Accuracy, precision and recall at the threshold that calls as many relevant as there are.

    Relevant pings are so rare that a threshold of one half would call nothing relevant.
    """
    called = np.zeros(len(relevant), bool)
    called[np.argsort(-probabilities, kind="stable")[: int(relevant.sum())]] = True
    hits = float((called & relevant).sum())
    return {
        "accuracy": float((called == relevant).mean()),
        "precision": hits / max(float(called.sum()), 1.0),
        "recall": hits / max(float(relevant.sum()), 1.0),
        "auc": auc(relevant, probabilities),
        "log_loss": log_loss(relevant, probabilities),
    }


def parameter_rows(parameters: dict[str, Any]) -> list[Fact]:
    """A stage's settings as facts, as text and, where they are one, as a number."""
    return [
        ("parameter", name, float(value) if isinstance(value, int | float) else None, str(value))
        for name, value in parameters.items()
    ]


def metric_rows(metrics: dict[tuple[str, str], float]) -> list[Fact]:
    """A stage's metrics, by slice and name, as facts."""
    return [(f"metric_{part}", name, value, None) for (part, name), value in metrics.items()]


def importance_of(model: Booster, names: Sequence[str]) -> Importance:
    """The gain and the number of splits of each feature. names: in the order of the model's."""
    gains, splits = model.feature_importance("gain"), model.feature_importance("split")
    return {
        name: (float(gain), int(count))
        for name, gain, count in zip(names, gains, splits, strict=True)
    }


def importance_rows(importance: Importance) -> list[Fact]:
    """What a model relies on, as facts."""
    return [
        fact
        for name, (gain, count) in importance.items()
        for fact in (("gain", name, gain, None), ("splits", name, float(count), None))
    ]


def facts(stage: str, rows: list[Fact]) -> pa.Table:
    """What a stage tells about itself."""
    columns: list[list[Any]] = [[stage] * len(rows), *map(list, zip(*rows, strict=True))]
    return pa.table(
        [pa.array(column, kind.type) for column, kind in zip(columns, FACTS, strict=True)],
        schema=FACTS,
    )


def skipped(stage: str, reason: Skip) -> pa.Table:
    """The only fact of a stage that was skipped."""
    return facts(stage, [("status", "skipped", None, f"{reason}.")])


def content(table: pa.Table, kind: str, name: str) -> str | None:
    """The text of one fact; none where there is none."""
    for row in table.to_pylist():
        if (row["kind"], row["name"]) == (kind, name):
            return row["content"]
    return None


def best_rows(users: np.ndarray, pings: np.ndarray, scores: np.ndarray, k: int) -> np.ndarray:
    """Row numbers of each user's k best, by user and then from the best on; ties by ping key."""
    order = np.lexsort((pings, -scores, users))
    starts = np.flatnonzero(np.r_[True, np.diff(users[order]) != 0])
    places = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    return order[places < k]


def make_room(session: duckdb.DuckDBPyConnection) -> None:
    """Let go of the pages that DuckDB keeps of what it has read: what follows needs memory."""
    import duckdb

    most = "select value from duckdb_settings() where name = 'memory_limit'"
    # one digit after the point is told, what follows is cut off: the middle is kept by any repeat
    number, unit = session.execute(most).fetchall()[0][0].split()
    try:
        session.execute("set memory_limit = '500MB'")
    except duckdb.OutOfMemoryException:
        pass  # something of it is in use
    finally:
        session.execute(f"set memory_limit = '{number}5 {unit}'")


def warehouse_file(session: duckdb.DuckDBPyConnection) -> str | None:
    """The file of the warehouse that dbt builds; none for one in memory."""
    found = session.execute(
        "select path from duckdb_databases() where database_name = current_database()"
    ).fetchall()
    return found[0][0]


def save(text: str | bytes, database: str | None, suffix: str) -> str | None:
    """Write a model, text or bytes, beside the warehouse's file, all or nothing. Returns the path.

    database: the warehouse's file; none or empty for one in memory, which has no models saved.
    """
    if not database:
        return None
    path = Path(database).with_suffix(suffix)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(text.encode() if isinstance(text, str) else text)
    os.replace(temporary, path)
    return str(path)
