"""What ranking_classification says, in tables and sentences for people."""

from __future__ import annotations

from collections.abc import Sequence

from common import Row

SLICES = ("train", "validation", "test")
MODELS = ("prior", "trees", "network")
FEW = 20  # rows of one class below which it is said that they tell little
PARTS = {"0": "class 0", "1": "class 1", "macro": "macro", "weighted": "weighted"}
CLASSIFICATION = """
    select model, slice, metric, part, part_number, value, low, high, n_rows, explanation
    from ranking_classification
"""


class Classification:
    """The rows of ranking_classification, found by what they are about."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = sorted(rows, key=lambda row: (row["metric"], row["part_number"]))
        self.by_key = {
            (row["model"], row["slice"], row["metric"], row["part"]): row for row in rows
        }
        found = {(row["model"], row["slice"]) for row in rows}
        self.both = [(m, s) for s in SLICES for m in MODELS if (m, s) in found]
        self.models = [name for name in MODELS if any(name == model for model, _ in self.both)]

    def row(self, model: str, part_of: str, metric: str, part: str = "all") -> Row:
        return self.by_key.get((model, part_of, metric, part), {})

    def value(self, model: str, part_of: str, metric: str, part: str = "all") -> float | None:
        return self.row(model, part_of, metric, part).get("value")

    def summary(self) -> list[Row]:
        """A row per slice and model: the numbers that are about the whole slice."""
        rows = []
        for model, part in self.both:
            area, share = self.row(model, part, "auc"), self.row(model, part, "positive_share")
            rows.append(
                {
                    "slice": part,
                    "model": model,
                    "rows": share["n_rows"],
                    "positive": round(share["value"] * share["n_rows"]),
                    "auc": area["value"],
                    "low": area["low"],
                    "high": area["high"],
                    **{
                        name: self.value(model, part, name)
                        for name in ("log_loss", "accuracy", "expected_calibration_error")
                    },
                }
            )
        return rows

    def classes(self, part_of: str = "test") -> list[Row]:
        """A row per model and class or mean: precision, recall and F1."""
        return [
            {
                "model": model,
                "part": title,
                "rows": self.row(model, part_of, "recall", part)["n_rows"],
                **{
                    name: self.value(model, part_of, name, part)
                    for name in ("precision", "recall", "f1")
                },
            }
            for model in self.models
            for part, title in PARTS.items()
            if (model, part_of) in self.both
        ]

    def confusion(self, part_of: str = "test") -> list[Row]:
        """A row per model: how many rows of each class are called each."""
        return [
            {"model": model}
            | {
                f"{actual}{called}": self.value(
                    model, part_of, "confusion", f"is {actual}, called {called}"
                )
                for actual in (0, 1)
                for called in (0, 1)
            }
            for model in self.models
            if (model, part_of) in self.both
        ]

    def calibration(self, part_of: str = "test") -> list[Row]:
        """A row per model and bin with predictions: predicted and actual share of label 1."""
        return [
            {
                "model": row["model"],
                "bin": row["part"],
                "rows": row["n_rows"],
                "predicted": row["value"],
                "actual": self.value(row["model"], part_of, "calibration_actual", row["part"]),
            }
            for model in self.models
            for row in self.rows
            if (row["model"], row["slice"]) == (model, part_of)
            and row["metric"] == "calibration_predicted"
            and row["n_rows"]
        ]

    def losses(self) -> list[Row]:
        """A row per model, slice and epoch."""
        return [row for row in self.rows if row["metric"] == "loss_by_epoch"]

    def missing(self, part_of: str = "test") -> list[str]:
        """A sentence for each number of the slice that has no value, but for those of bins."""
        reasons: dict[str, list[str]] = {}
        for row in self.rows:
            is_bin = row["metric"].startswith("calibration_")
            if row["slice"] == part_of and row["value"] is None and not is_bin:
                of = "" if row["part"] == "all" else f" of {PARTS[row['part']]}"
                what = f"{row['metric']}{of}: {row['explanation']}"
                reasons.setdefault(what, []).append(row["model"])
        return [f"{what} ({', '.join(models)})" for what, models in reasons.items()]

    def verdicts(self) -> list[str]:
        """A sentence for each trained model, on the test slice."""
        return [verdict(row, self) for row in self.summary() if is_judged(row)]


def is_judged(row: Row) -> bool:
    return row["slice"] == "test" and row["model"] != "prior"


def verdict(row: Row, found: Classification) -> str:
    """What the AUC on the test rows says, and what it does not."""
    of = f"On {row['rows']:,} test rows, {row['positive']:,} of them with the label 1,"
    if row["auc"] is None:
        reason = found.row(row["model"], "test", "auc")["explanation"]
        return f"{of} the {row['model']} cannot be judged: {reason[0].lower()}{reason[1:]}"
    low, high = row["low"], row["high"]
    if low is None:  # nothing was found that tells rows apart
        return f"{of} the {row['model']} cannot be judged: the same chance is given to every row."
    interval = f"an AUC of {row['auc']:.3f} with a 95 % interval of {low:.3f} to {high:.3f}"
    is_little = min(row["positive"], row["rows"] - row["positive"]) < FEW
    if low <= 0.5 <= high:
        meaning = (
            "it cannot be told from guessing (0.5)" + is_little * ", as so few rows tell little"
        )
    else:
        meaning = f"{'better' if low > 0.5 else 'worse'} than guessing (0.5)"
        meaning += is_little * ", though so few rows tell little"
    return f"{of} the {row['model']} reach {interval}: {meaning}.".replace(
        "the network reach", "the network reaches"
    )
