"""How well a classifier of a yes-or-no label does: every number with what it is a number of.

The formulas are ours, and equal to scikit-learn's (a test holds it to 1e-9). Where a number has no
meaning it is null, and a sentence says why: nothing divides by zero, nothing is 0 by convention.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ranking.data import auc
from ranking.promotion import NORMAL_95

BINS = 10  # of predicted probability, equally wide
CLASSES = (0, 1)
ALL = "all"
STAGE_PREFIX = "classifier_"  # of the stages that a model's facts stand under
METRICS = pa.schema(
    [
        ("model", pa.string()),
        ("slice", pa.string()),
        ("metric", pa.string()),
        ("part", pa.string()),
        ("part_number", pa.int64()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("n_rows", pa.int64()),
        ("explanation", pa.string()),
    ]
)


@dataclass(frozen=True)
class Number:
    """One number: what it is called, of which part (class, bin, epoch), and of how many rows.

    place: where the part stands among the others. low, high: a 95 % interval. explanation: one
    sentence where there is no value.
    """

    metric: str
    value: float | None
    rows: int
    part: str = ALL
    place: int = 0
    low: float | None = None
    high: float | None = None
    explanation: str | None = None


def ratio(numerator: float, denominator: float) -> float | None:
    """A quotient; none where the denominator is 0."""
    return float(numerator / denominator) if denominator else None


def mean_of(values: list[float | None], weights: list[int]) -> float | None:
    """The weighted mean of those values that there are."""
    pairs = zip(values, weights, strict=True)
    known = [(value, weight) for value, weight in pairs if value is not None]
    return ratio(sum(value * weight for value, weight in known), sum(weight for _, weight in known))


def log_loss(labels: np.ndarray, chances: np.ndarray) -> float:
    """Mean negative log likelihood in nats, chances clipped to what a double tells from 0 and 1."""
    least = np.finfo(np.float64).eps
    clipped = np.clip(chances, least, 1 - least)
    return float(-np.mean(np.where(labels == 1, np.log(clipped), np.log(1 - clipped))))


def auc_interval(value: float, positives: int, negatives: int) -> tuple[float, float]:
    """A 95 % interval of an AUC that holds in small samples, too, and never leaves [0, 1].

    The score interval of Newcombe (Statistics in Medicine 25, 2006, 559-573, method 5): the values
    that lie at most z standard errors from the one that was found, where the standard error is that
    of Hanley and McNeil (1982) at the value itself, for samples of the mean size.
    """
    size = (positives + negatives) / 2 - 1

    def is_within(true: float) -> bool:
        shape = 1 + size * ((1 - true) / (2 - true) + true / (1 + true))
        variance = true * (1 - true) * shape / (positives * negatives)
        return abs(true - value) <= NORMAL_95 * math.sqrt(variance)

    def bound(outside: float) -> float:
        inside = value
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if is_within(middle) else (inside, middle)
        return (inside + outside) / 2

    return (0.0 if value == 0 else bound(0.0)), (1.0 if value == 1 else bound(1.0))


def classes(labels: np.ndarray, called: np.ndarray) -> list[Number]:
    """Accuracy, and precision, recall and F1 of each class and of both, and the four counts.

    macro: the mean of the classes. weighted: by how many rows are of the class. A class without the
    number (precision where nothing is called it) is left out of both means.
    """
    rows = len(labels)
    counts = {
        (actual, call): int(((labels == actual) & (called == call)).sum())
        for actual in CLASSES
        for call in CLASSES
    }
    support = [counts[name, 0] + counts[name, 1] for name in CLASSES]
    calls = [counts[0, name] + counts[1, name] for name in CLASSES]
    hits = [counts[name, name] for name in CLASSES]
    found = [Number("accuracy", ratio(sum(hits), rows), rows)]
    measured = {
        "precision": [ratio(hits[name], calls[name]) for name in CLASSES],
        "recall": [ratio(hits[name], support[name]) for name in CLASSES],
        "f1": [ratio(2 * hits[name], support[name] + calls[name]) for name in CLASSES],
    }
    reasons = {
        "precision": "no row is called {}.",
        "recall": "no row has the label {}.",
        "f1": "no row has the label {0} or is called {0}.",
    }
    for metric, values in measured.items():
        for name in CLASSES:
            missing = reasons[metric].format(name) if values[name] is None else None
            found.append(
                Number(metric, values[name], support[name], str(name), name, explanation=missing)
            )
        for place, (part, weights) in enumerate(
            (("macro", [1, 1]), ("weighted", support)), start=len(CLASSES)
        ):
            value = mean_of(values, weights)
            found.append(
                Number(
                    metric,
                    value,
                    rows,
                    part,
                    place,
                    explanation="there is no row." if value is None else None,
                )
            )
    for place, ((actual, call), count) in enumerate(counts.items()):
        found.append(Number("confusion", float(count), rows, f"is {actual}, called {call}", place))
    return found


def calibration(labels: np.ndarray, chances: np.ndarray) -> list[Number]:
    """Predicted and actual share of label 1 by bin of the prediction, and the expected error.

    The bins are those of scikit-learn's calibration_curve: an edge is in the bin below it. The
    expected calibration error is the mean distance of the two, by rows of the bin.
    """
    edges = np.linspace(0, 1, BINS + 1)
    bins = np.searchsorted(edges[1:-1], chances)
    found, error = [], 0.0
    for number in range(BINS):
        rows = bins == number
        count = int(rows.sum())
        part = f"{edges[number]:.1f} to {edges[number + 1]:.1f}"
        missing = None if count else "no prediction lies in the bin."
        predicted = float(chances[rows].mean()) if count else None
        actual = float(labels[rows].mean()) if count else None
        if predicted is not None and actual is not None:
            error += count / len(labels) * abs(predicted - actual)
        for metric, value in (("calibration_predicted", predicted), ("calibration_actual", actual)):
            found.append(Number(metric, value, count, part, number, explanation=missing))
    return [Number("expected_calibration_error", error, len(labels)), *found]


def area(labels: np.ndarray, chances: np.ndarray) -> Number:
    """The AUC with its interval."""
    positives = int((labels == 1).sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        one = 1 if positives else 0
        reason = f"an AUC needs both classes, and every row has the label {one}."
        return Number("auc", None, len(labels), explanation=reason)
    value = auc(labels == 1, chances)
    if np.ptp(chances) == 0:  # 0.5 whatever the labels are
        return Number("auc", value, len(labels))
    low, high = auc_interval(value, positives, negatives)
    return Number("auc", value, len(labels), low=low, high=high)


def numbers(labels: np.ndarray, chances: np.ndarray, threshold: float) -> list[Number]:
    """Every number of one model on one slice; of no rows, there are none.

    labels: 0 or 1. chances: predicted probabilities of 1. threshold: a row is called 1 above it.
    """
    if not len(labels):
        return []
    rows = len(labels)
    # a table has no order of rows, and a sum of doubles has one
    order = np.lexsort((labels, chances))
    labels, chances = labels[order], chances[order]
    return [
        Number("positive_share", float((labels == 1).mean()), rows),
        area(labels, chances),
        Number("log_loss", log_loss(labels, chances), rows),
        *classes(labels, (chances > threshold).astype(int)),
        *calibration(labels, chances),
    ]


def measured(predictions: pa.Table, facts: pa.Table, threshold: float) -> pa.Table:
    """Every number of every model on every slice.

    predictions: int_ranking_classifier_predictions. facts: int_ranking_classifier, for the losses.
    """
    frame = {
        name: predictions[name].to_numpy(zero_copy_only=False) for name in predictions.column_names
    }
    found: dict[tuple[str, str], list[Number]] = {}
    for model, part in sorted(set(zip(frame["model"], frame["slice"], strict=True))):
        rows = (frame["model"] == model) & (frame["slice"] == part)
        found[model, part] = numbers(frame["label"][rows], frame["chance"][rows], threshold)
    for row in facts.to_pylist():
        kind, _, part = row["kind"].partition("_")
        model = row["stage"].removeprefix(STAGE_PREFIX)
        if kind == "loss" and (model, part) in found:
            rows_of = found[model, part][0].rows
            epoch = int(row["name"])
            found[model, part].append(
                Number("loss_by_epoch", row["value"], rows_of, row["name"], epoch)
            )
    return table(found)


def table(found: dict[tuple[str, str], list[Number]]) -> pa.Table:
    """Numbers by model and slice as rows."""
    rows = [
        (
            model,
            part,
            number.metric,
            number.part,
            number.place,
            number.value,
            number.low,
            number.high,
            number.rows,
            None if number.explanation is None else sentence(number.explanation),
        )
        for (model, part), of_both in found.items()
        for number in of_both
    ]
    columns = list(zip(*rows, strict=True)) if rows else [[] for _ in METRICS]
    return pa.table(
        [pa.array(column, kind.type) for column, kind in zip(columns, METRICS, strict=True)],
        schema=METRICS,
    )


def sentence(text: str) -> str:
    """With a capital at its beginning."""
    return text[0].upper() + text[1:]
