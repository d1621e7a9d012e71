"""How well the engagement classifier predicts the compound label: a section of the evaluation."""

from __future__ import annotations

from dashboard import charts, formats
from dashboard.blocks import Block, Column, Figure, Heading, Note, Row, Table
from ranking.told import CLASSIFICATION, Classification
from releases.release import Release

TITLE = "Engagement classifier"
TABLE = "ranking_classification"


def auc_figure(rows: list[Row]) -> Figure:
    columns = [
        Column("name", "model and slice", formats.text),
        Column("value", "AUC", formats.precise, True),
        Column("low", "from", formats.precise, True),
        Column("high", "to", formats.precise, True),
        Column("rows", "rows", formats.count, True),
    ]
    best = rows[-1]
    return Figure(
        "AUC",
        "The lines are 95% intervals. 0.5 is guessing: an interval around it says nothing.",
        charts.intervals(rows, "name", "AUC"),
        f"Points with 95% intervals for {len(rows)} pairs of slice and model; the last is "
        f"{best['name']} with {formats.precise(best['value'])} ({formats.precise(best['low'])} to "
        f"{formats.precise(best['high'])}).",
        Table("AUC by slice and model, with 95% intervals", columns, rows),
    )


def loss_figure(model: str, rows: list[Row]) -> Figure:
    ends = [row for row in rows if row["part_number"] == max(r["part_number"] for r in rows)]
    told = " and ".join(f"{formats.precise(row['value'])} ({row['slice']})" for row in ends)
    unit = "trees" if model == "trees" else "epochs"
    return Figure(
        f"Log loss by number of {unit}",
        "Falls on the train rows in any case; where it rises on the validation rows, the model "
        "learns what does not hold for others.",
        charts.losses(rows, unit),
        f"A line for each slice over {ends[0]['part']} {unit}; at the end {told}.",
        Table(
            f"Log loss of the {model} by number of {unit}",
            [
                Column("slice", "slice", formats.text),
                Column("part_number", unit, formats.count, True),
                Column("value", "log loss", formats.precise, True),
            ],
            rows,
        ),
    )


def calibration_figure(rows: list[Row]) -> Figure:
    return Figure(
        "Calibration",
        "The share of label 1 among test rows, by what was predicted; on the diagonal both are "
        "equal.",
        charts.calibration(rows),
        f"A line for each model over {len(rows)} bins of the predicted share of label 1, and the "
        "diagonal.",
        Table(
            "Predicted and actual share of label 1 on the test rows, by model and bin",
            [
                Column("model", "model", formats.text),
                Column("bin", "bin", formats.text),
                Column("rows", "rows", formats.count, True),
                Column("predicted", "predicted", formats.percent, True),
                Column("actual", "actual", formats.percent, True),
            ],
            rows,
        ),
    )


def tables(found: Classification) -> list[Block]:
    precise = (("precision", "precision"), ("recall", "recall"), ("f1", "F1"))
    cells = {
        f"{actual}{called}": f"is {actual}, called {called}"
        for actual in (0, 1)
        for called in (0, 1)
    }
    return [
        Table(
            "Every slice, by model",
            [
                Column("slice", "slice", formats.text),
                Column("model", "model", formats.text),
                Column("rows", "rows", formats.count, True),
                Column("positive", "label 1", formats.count, True),
                Column("auc", "AUC", formats.precise, True),
                Column("log_loss", "log loss", formats.precise, True),
                Column("accuracy", "accuracy", formats.percent, True),
                Column("expected_calibration_error", "calibration error", formats.precise, True),
            ],
            found.summary(),
        ),
        Table(
            "Test rows, by model and class",
            [
                Column("model", "model", formats.text),
                Column("part", "class", formats.text),
                Column("rows", "rows", formats.count, True),
                *(Column(key, title, formats.precise, True) for key, title in precise),
            ],
            found.classes(),
        ),
        Table(
            "Test rows, by model: what they are, and what they are called",
            [
                Column("model", "model", formats.text),
                *(Column(key, title, formats.count, True) for key, title in cells.items()),
            ],
            found.confusion(),
        ),
    ]


def blocks(release: Release) -> list[Block]:
    """None where the release was built without the trained stages."""
    if TABLE not in release.manifest["tables"]:
        return []
    found = Classification(release.rows(CLASSIFICATION))
    if not found.both:
        nothing = "The classifier has no rows to be measured on: ranking_status says why."
        return [Heading(TITLE), Note(nothing, "empty")]
    page: list[Block] = [
        Heading(TITLE),
        Note(
            "The compound engagement label of a user and a ping (ranking_labels), predicted by "
            "trees and by a small network from what was known before. The test rows are the "
            "newest; prior says the same of every row. " + " ".join(found.verdicts())
        ),
    ]
    rows = [
        {"name": f"{row['model']}, {row['slice']}", "value": row["auc"]} | row
        for row in found.summary()
        if row["low"] is not None
    ]
    if rows:
        page.append(auc_figure(rows))
    if found.calibration():
        page.append(calibration_figure(found.calibration()))
    for model in found.models:
        losses = [row for row in found.losses() if row["model"] == model]
        if losses:
            page.append(loss_figure(model, losses))
    page += tables(found)
    missing = found.missing()
    return [*page, *([Note("Not known: " + " ".join(missing))] if missing else [])]
