"""The engagement classifier: trees and a small network that predict the compound label of a pair.

Unlike stages 2 and 3, which learn to order lists, it learns from single rows (`ranking_labels`),
and so from a hundred of them. What is known of a row is from before its moment, or of the user and
the ping themselves; rows are split by time, and what a model is measured on is later than all that
it has learned from.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ranking.classification import STAGE_PREFIX, log_loss
from ranking.data import SEED, Fact, Skip, importance_of, importance_rows, parameter_rows, sigmoid
from ranking.encoding import Encoding, with_own
from ranking.gbdt import lightgbm
from ranking.neural import Layers, perceptron

if TYPE_CHECKING:
    from lightgbm import Booster

TREES, NETWORK, PRIOR = "trees", "network", "prior"  # the models
STAGES = {name: STAGE_PREFIX + name for name in (TREES, NETWORK)}
SLICES = ("train", "validation", "test")
LEAST_ROWS = 30  # to learn from: with fewer, nothing is learned
LEAST_TO_STOP_BY = 200  # validation rows, of which LEAST_OF_CLASS are of each class
LEAST_OF_CLASS = 20
TREE_PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "metric": "binary_logloss",
    "learning_rate": 0.05,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "max_cat_to_onehot": 8,
    "cat_smooth": 10.0,
    "num_threads": 1,
    "seed": SEED,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
FEW_TREES, MOST_TREES, PATIENCE = 60, 500, 30
NETWORKS = 5  # which differ in their random start; their mean log odds count
NETWORKS_OF_MANY = 2  # where there are MANY_ROWS: the start matters less, and time more
MANY_ROWS = 20_000
FEW_EPOCHS, MOST_EPOCHS = 20, 40
EPOCHS_WITHOUT_GAIN = 3  # on the validation rows, after which the networks stop

PREDICTIONS = pa.schema(
    [
        ("model", pa.string()),
        ("slice", pa.string()),
        ("user_key", pa.int32()),
        ("ping_key", pa.int32()),
        ("label", pa.int32()),
        ("chance", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Trees:
    """Trained trees and how features are given to them."""

    encoding: Encoding
    text: str

    def log_odds(self, table: pa.Table) -> np.ndarray:
        return np.asarray(self.booster().predict(self.encoding.for_trees(table), raw_score=True))

    def contributions(self, table: pa.Table) -> np.ndarray:
        """Rows × names and the mean: SHAP values, which add up to the log odds."""
        return np.asarray(self.booster().predict(self.encoding.for_trees(table), pred_contrib=True))

    def booster(self) -> Booster:
        return lightgbm().Booster(model_str=self.text)

    def to_json(self) -> str:
        return json.dumps({"encoding": self.encoding.to_dict(), "trees": self.text})

    @staticmethod
    def from_json(text: str) -> Trees:
        read = json.loads(text)
        return Trees(Encoding.from_dict(read["encoding"]), read["trees"])


@dataclass(frozen=True)
class Network:
    """Trained networks and how features are given to them. Layers are rectified but the last."""

    encoding: Encoding
    members: list[Layers]

    def log_odds(self, table: pa.Table) -> np.ndarray:
        return opinion(self.encoding.for_network(table), self.members)

    def to_json(self) -> str:
        members = [
            [[weights.tolist(), bias.tolist()] for weights, bias in layers]
            for layers in self.members
        ]
        return json.dumps({"encoding": self.encoding.to_dict(), "members": members})

    @staticmethod
    def from_json(text: str) -> Network:
        read = json.loads(text)
        members = [
            [(np.array(weights), np.array(bias)) for weights, bias in layers]
            for layers in read["members"]
        ]
        return Network(Encoding.from_dict(read["encoding"]), members)


def opinion(inputs: np.ndarray, members: list[Layers]) -> np.ndarray:
    """The mean log odds of some networks."""
    total = np.zeros(len(inputs))
    for layers in members:
        values = inputs
        for number, (weights, bias) in enumerate(layers):
            values = values @ weights + bias
            if number < len(layers) - 1:
                values = np.maximum(values, 0)
        total += values[:, 0]
    return total / len(members)


def labelled(features: pa.Table, own: dict[str, pa.Table]) -> pa.Table:
    """The rows to learn from, in a fixed order, with own columns."""
    rows = with_own(features.filter(pc.invert(features["is_candidate"])), own)
    return rows.sort_by([("user_key", "ascending"), ("ping_key", "ascending")])


def of_facts(table: pa.Table, which: str) -> dict[str, Trees | Network]:
    """The trained models by name, of those that were not skipped.

    which: `model`, fitted on every row, or `earlier_model`, fitted on the train slice.
    """
    texts = {
        row["stage"]: row["content"]
        for row in table.to_pylist()
        if (row["kind"], row["name"]) == ("model", which)
    }
    return {
        name: READ[name].from_json(texts[stage]) for name, stage in STAGES.items() if stage in texts
    }


@dataclass(frozen=True)
class Split:
    """Row numbers of each slice; rows in none of them were left out.

    A row is left out where its last event is not before the next slice begins: its label was not
    known by then.
    """

    rows: dict[str, np.ndarray]
    left_out: int
    is_random: bool


def split(table: pa.Table, how: str, validation_share: float, test_share: float) -> Split:
    """The labelled rows in three slices, by the moment of their first event, or drawn at random."""
    first, last = (table[name].to_numpy() for name in ("first_second", "last_second"))
    count = len(first)
    ends = [
        min(int(np.floor(count * share + 1e-9)), count)
        for share in (1 - validation_share - test_share, 1 - test_share)
    ]
    if how == "random":
        places = np.empty(count, int)
        places[np.random.default_rng(SEED).permutation(count)] = np.arange(count)
        number = np.searchsorted(ends, places, side="right")
        return Split({name: np.flatnonzero(number == n) for n, name in enumerate(SLICES)}, 0, True)
    ordered = np.sort(first)
    begins = [ordered[end] if end < count else np.iinfo(np.int64).max for end in ends]
    number = np.searchsorted(begins, first, side="right")
    following = np.array([*begins, np.iinfo(np.int64).max])
    is_known = last < following[number]
    rows = {name: np.flatnonzero((number == n) & is_known) for n, name in enumerate(SLICES)}
    return Split(rows, int((~is_known).sum()), False)


def check(labels: np.ndarray) -> None:
    """Raises Skip where there is nothing to learn from some rows."""
    if len(labels) < LEAST_ROWS:
        raise Skip(
            f"there are {len(labels)} labelled rows to learn from, and {LEAST_ROWS} are the least"
        )
    if len(set(labels)) < 2:
        raise Skip(
            f"there is one class only to learn from: all {len(labels)} rows have the label "
            f"{labels[0]}"
        )


def can_stop_by(labels: np.ndarray) -> bool:
    """Whether there are enough rows of both classes to see when learning should stop."""
    positives = int(labels.sum())
    least = min(positives, len(labels) - positives)
    return len(labels) >= LEAST_TO_STOP_BY and least >= LEAST_OF_CLASS


def tree_parameters(rows: int) -> dict[str, Any]:
    """Few leaves with many rows each where there is little to learn from."""
    return {
        **TREE_PARAMETERS,
        "num_leaves": 4 if rows < 1_000 else 8 if rows < MANY_ROWS else 16,
        "min_data_in_leaf": int(np.clip(rows // 20, 5, 100)),
        "min_data_per_group": int(np.clip(rows // 20, 5, 100)),
    }


def network_parameters(rows: int) -> dict[str, Any]:
    """A small network, held down strongly where there is little to learn from."""
    return {
        "hidden_layer_sizes": (8,) if rows < 1_000 else (16,) if rows < MANY_ROWS else (32, 16),
        "activation": "relu",
        "alpha": 1.0 if rows < 1_000 else 0.1 if rows < MANY_ROWS else 0.01,
        "learning_rate_init": 0.005 if rows < 1_000 else 0.002,
        "batch_size": int(np.clip(rows // 50, 8, 512)),
    }


Losses = list[tuple[str, int, float]]  # slice, epoch, loss


def fit_trees(
    table: pa.Table, validation: pa.Table | None, trees: int | None
) -> tuple[Trees, int, Losses]:
    """Trees, their number, and the losses after each.

    trees: that many. Without, they stop by the validation rows where these are enough.
    """
    library = lightgbm()
    encoding = Encoding.of(table)
    parameters = tree_parameters(table.num_rows)
    data = library.Dataset(
        encoding.for_trees(table),
        table["label"].to_numpy(),
        feature_name=[f"feature_{number}" for number in range(len(encoding.names))],
        categorical_feature=list(range(len(encoding.numbers), len(encoding.names))),
        params={"verbose": -1},
    )
    sets, names, by_epoch = [data], ["train"], {}
    callbacks = [library.record_evaluation(by_epoch)]
    most = trees or FEW_TREES
    if validation is not None and validation.num_rows:
        labels = validation["label"].to_numpy()
        sets.append(data.create_valid(encoding.for_trees(validation), labels))
        names.append("validation")
        if trees is None and can_stop_by(labels):
            most = MOST_TREES
            callbacks.append(library.early_stopping(PATIENCE, verbose=False))
    booster = library.train(
        parameters, data, most, valid_sets=sets, valid_names=names, callbacks=callbacks
    )
    kept = booster.best_iteration if booster.best_iteration > 0 else most
    losses = [
        (name, epoch, loss)
        for name, found in by_epoch.items()
        for epoch, loss in enumerate(found["binary_logloss"], start=1)
    ]
    return Trees(encoding, booster.model_to_string(num_iteration=kept)), kept, losses


def fit_network(
    table: pa.Table, validation: pa.Table | None, epochs: int | None
) -> tuple[Network, int, Losses]:
    """Networks, their number of epochs, and the losses after each.

    epochs: that many. Without, the number with the least loss on the validation rows counts, where
    these are enough.
    """
    classifier_class = perceptron()
    encoding = Encoding.of(table)
    inputs = encoding.for_network(table).astype(np.float32)  # half the time of doubles
    labels = table["label"].to_numpy()
    settings = network_parameters(len(labels))
    networks = NETWORKS if len(labels) < MANY_ROWS else NETWORKS_OF_MANY
    classifiers = [
        classifier_class(**settings, random_state=SEED + number) for number in range(networks)
    ]
    watched = {"train": (inputs, labels)}
    is_stopped = False
    if validation is not None and validation.num_rows:
        later = validation["label"].to_numpy()
        watched["validation"] = (encoding.for_network(validation), later)
        is_stopped = epochs is None and can_stop_by(later)
    most = epochs or (MOST_EPOCHS if is_stopped else FEW_EPOCHS)
    losses: Losses = []
    best: tuple[float, list[Layers], int] | None = None
    members: list[Layers] = []
    for epoch in range(1, most + 1):
        for classifier in classifiers:
            classifier.partial_fit(inputs, labels, classes=[0, 1])
        members = [
            [
                (weights.copy(), bias.copy())
                for weights, bias in zip(classifier.coefs_, classifier.intercepts_, strict=True)
            ]
            for classifier in classifiers
        ]
        for name, (given, wanted) in watched.items():
            losses.append((name, epoch, log_loss(wanted, sigmoid(opinion(given, members)))))
        if is_stopped and (best is None or losses[-1][2] < best[0]):
            best = (losses[-1][2], members, epoch)
        if best is not None and epoch - best[2] >= EPOCHS_WITHOUT_GAIN:
            break
    if best is not None:
        return Network(encoding, best[1]), best[2], losses
    return Network(encoding, members), most, losses


FITS = {TREES: fit_trees, NETWORK: fit_network}
READ: dict[str, type[Trees] | type[Network]] = {TREES: Trees, NETWORK: Network}
UNITS = {TREES: "trees", NETWORK: "epochs"}


def train(name: str, table: pa.Table, parts: Split) -> list[Fact]:
    """A model as facts: itself, fitted on every row and on the train slice, settings and losses."""
    labels = table["label"].to_numpy()
    train_rows, held_out = parts.rows["train"], table.take(parts.rows["validation"])
    check(labels[train_rows])
    earlier, rounds, losses = FITS[name](table.take(train_rows), held_out, None)
    final, _, _ = FITS[name](table, None, rounds)
    is_stopped = can_stop_by(held_out["label"].to_numpy())
    settings = tree_parameters if name == TREES else network_parameters
    others = "others, drawn at random" if parts.is_random else "later ones"
    explanation = (
        f"trained on {len(train_rows)} rows, checked with {held_out.num_rows} and measured on "
        f"{len(parts.rows['test'])} {others}; {rounds} {UNITS[name]}, "
        + ("by the least loss on the second." if is_stopped else "a number fixed beforehand.")
    )
    rows: list[Fact] = [
        ("status", "trained", None, explanation),
        ("model", "model", None, final.to_json()),
        ("model", "earlier_model", None, earlier.to_json()),
        *parameter_rows({**settings(len(train_rows)), UNITS[name]: rounds}),
        *parameter_rows({"rows_left_out": parts.left_out, "rows": len(labels)}),
    ]
    if isinstance(final, Trees):
        rows += importance_rows(importance_of(final.booster(), final.encoding.names))
    return rows + [(f"loss_{part}", str(epoch), loss, None) for part, epoch, loss in losses]


def predictions(table: pa.Table, parts: Split, models: dict[str, Trees | Network]) -> pa.Table:
    """Every row of a slice with what each model, fitted on the train slice, says of it.

    The model `prior` says the share of label 1 in the train slice of every row: what a model has to
    be better than.
    """
    labels = table["label"].to_numpy()
    learned = labels[parts.rows["train"]]
    if not len(learned):
        return PREDICTIONS.empty_table()
    share = float((learned == 1).mean())
    tables = []
    for part, rows in parts.rows.items():
        some = table.take(rows)
        chances = {PRIOR: np.full(len(rows), share)}
        for name, model in models.items():
            chances[name] = sigmoid(model.log_odds(some)) if len(rows) else np.zeros(0)
        for name, values in chances.items():
            columns = (
                pa.array([name] * len(rows), pa.string()),
                pa.array([part] * len(rows), pa.string()),
                *(some[key].combine_chunks() for key in ("user_key", "ping_key", "label")),
                pa.array(values),
            )
            tables.append(pa.Table.from_arrays(columns, schema=PREDICTIONS))
    return pa.concat_tables(tables)
