"""Stage 3: small neural networks that re-rank the first pings of the trees' lists.

Multi-layer perceptrons (scikit-learn), which differ in their random start, learn from the same
features, cross features of user, ping, category and creator among them, whether a candidate is
relevant. Their mean log odds are added to the trees' score with the weight that did best on the
later slice; a weight of 0 leaves the trees' order as it is. The trained networks are a few small
matrices, kept as JSON and applied with numpy.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ranking.data import (
    NAMES,
    SEED,
    Examples,
    Fact,
    Skip,
    auc,
    best_rows,
    classification,
    matrix,
    metric_rows,
    ndcg,
    parameter_rows,
    sigmoid,
    split,
)
from ranking.gbdt import listed, load, raw_scores
from ranking.own import OTHER, Own

if TYPE_CHECKING:
    from sklearn.neural_network import MLPClassifier

STAGE = "neural"
LAYERS = (32, 16)
MOST_EPOCHS = 8
MOST_ROWS_PER_STEP = 1_024
NETWORKS = 3
WEIGHTS = (0.0, 0.5, 1.0)
MOST_ONE_HOT = 30  # texts of an own feature that have an input of their own
NEGATIVES_PER_LIST = 20  # of the network's training lists: more teach it little and take long
PARAMETERS: dict[str, Any] = {
    "hidden_layer_sizes": LAYERS,
    "activation": "relu",
    "alpha": 0.01,
    "learning_rate_init": 0.002,
}
Layers = list[tuple[np.ndarray, np.ndarray]]  # matrix and bias of each layer


@dataclass(frozen=True)
class Network:
    """Trained networks: standardisation of the inputs that are numbers, the layers of each, weight
    of their mean log odds, own features.
    """

    mean: np.ndarray
    scale: np.ndarray
    members: list[Layers]
    weight: float
    own: Own = field(default_factory=Own)

    def log_odds(self, features: np.ndarray) -> np.ndarray:
        """Their mean opinion on rows of features."""
        return self.opinion(self.inputs(features))

    def opinion(self, inputs: np.ndarray) -> np.ndarray:
        """Their mean log odds by the inputs: rectified layers, the last one linear."""
        total = np.zeros(len(inputs))
        with one_thread():
            for layers in self.members:
                values = inputs
                for number, (weights, bias) in enumerate(layers):
                    values = values @ weights + bias
                    if number < len(layers) - 1:
                        values = np.maximum(values, 0)
                total += values[:, 0]
        return total / len(self.members)

    def inputs(self, features: np.ndarray) -> np.ndarray:
        """Numbers with mean 0 and deviation 1, what is null as the mean, texts one-hot."""
        numbers, texts = divided(features, self.own)
        inputs = standardised(numbers, self.mean, self.scale)
        if not self.own.names:
            return inputs
        columns = [np.nan_to_num(inputs, copy=False)]
        for codes, kept in zip(texts.T, self.own.texts.values(), strict=True):
            told = np.arange(1 + min(len(kept), MOST_ONE_HOT))
            columns.append(np.where(codes > told[-1], OTHER, codes)[:, None] == told)
        return np.column_stack(columns)

    def to_json(self) -> str:
        return json.dumps(
            {
                "features": [*NAMES, *self.own.names],
                "own": self.own.to_json(),
                "mean": self.mean.tolist(),
                "scale": self.scale.tolist(),
                "members": [
                    [[weights.tolist(), bias.tolist()] for weights, bias in layers]
                    for layers in self.members
                ],
                "weight": self.weight,
            }
        )

    @staticmethod
    def from_json(text: str) -> Network:
        read = json.loads(text)
        members = [
            [(np.array(weights), np.array(bias)) for weights, bias in layers]
            for layers in read["members"]
        ]
        mean, scale = np.array(read["mean"]), np.array(read["scale"])
        return Network(mean, scale, members, read["weight"], Own.from_json(read["own"]))


def one_thread() -> AbstractContextManager[Any]:
    """Products of such small matrices on one thread: several wait for each other far longer than
    they work, and the results are the same.
    """
    try:
        from threadpoolctl import threadpool_limits  # comes with scikit-learn
    except ImportError:
        return nullcontext()
    return threadpool_limits(1, user_api="blas")


def divided(features: np.ndarray, own: Own) -> tuple[np.ndarray, np.ndarray]:
    """The features that are numbers, and those that are codes of texts."""
    if not own.texts:
        return features, features[:, :0]
    is_text = np.zeros(features.shape[1], bool)
    is_text[[len(NAMES) + place for place in own.categories]] = True
    return features[:, ~is_text], features[:, is_text]


def moments(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of each column, of what is not null; a deviation of 0 counts as 1."""
    mean, scale = numbers.mean(0, np.float64), numbers.std(0, dtype=np.float64)
    for column in np.flatnonzero(np.isnan(mean)):
        known = numbers[~np.isnan(numbers[:, column]), column].astype(np.float64)
        mean[column], scale[column] = (known.mean(), known.std()) if len(known) else (0.0, 1.0)
    scale[scale == 0] = 1
    return mean, scale


def standardised(features: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Features with mean 0 and deviation 1, far outliers drawn in to 5 deviations."""
    return np.clip((features - mean) / scale, -5.0, 5.0)


def sampled(examples: Examples) -> np.ndarray:
    """Row numbers: all relevant rows and a random NEGATIVES_PER_LIST others of each list."""
    others = examples.grades <= 0
    lists = np.repeat(np.arange(len(examples.sizes)), examples.sizes)
    draws = np.random.default_rng(SEED).random(len(others))
    order = np.lexsort((draws, ~others, lists))  # by list, the others first
    places = np.arange(len(order)) - np.repeat(
        np.cumsum(examples.sizes) - examples.sizes, examples.sizes
    )
    return np.sort(order[(places < NEGATIVES_PER_LIST) | ~others[order]])


def perceptron() -> type[MLPClassifier]:
    """The classifier's class. Raises Skip where scikit-learn is not installed."""
    try:
        from sklearn.neural_network import MLPClassifier
    except ImportError as error:
        raise Skip(
            "scikit-learn cannot be loaded: pip install -r requirements-ranking.txt "
            "(or make ranking)"
        ) from error
    return MLPClassifier


def fit(examples: Examples, epochs: int, held_out: Examples | None = None) -> tuple[Network, int]:
    """Networks of weight 1 after the epochs, and their number.

    held_out: where given, the number of epochs is the one with the best AUC there.
    """
    classifier_class = perceptron()
    rows = sampled(examples)
    mean, scale = moments(divided(examples.features, examples.own)[0])
    network = Network(mean, scale, [], 1.0, examples.own)
    inputs = network.inputs(examples.features[rows])
    relevant = (examples.grades[rows] > 0).astype(int)
    settings = {**PARAMETERS, "batch_size": int(np.clip(len(rows) // 50, 8, MOST_ROWS_PER_STEP))}
    classifiers = [
        classifier_class(**settings, random_state=SEED + number) for number in range(NETWORKS)
    ]
    later = None if held_out is None else network.inputs(held_out.features)
    best: tuple[float, Network, int] | None = None
    for epoch in range(1, epochs + 1):
        with one_thread():
            for classifier in classifiers:
                classifier.partial_fit(inputs, relevant, classes=[0, 1])
        members = [
            [
                (weights.copy(), bias.copy())
                for weights, bias in zip(classifier.coefs_, classifier.intercepts_, strict=True)
            ]
            for classifier in classifiers
        ]
        network = replace(network, members=members)
        if held_out is not None and later is not None:
            value = auc(held_out.grades > 0, network.opinion(later))
            if best is None or value > best[0]:
                best = (value, network, epoch)
    return (network, epochs) if best is None else (best[1], best[2])


def train(examples: Examples, cutoffs: pa.Table, earlier_trees: str) -> tuple[Network, list[Fact]]:
    """The network and its facts.

    earlier_trees: stage 2's model that was not shown the newest cutoff.
    """
    fitted, held_out = split(examples, cutoffs)
    earlier, epochs = fit(fitted, MOST_EPOCHS, held_out)
    opinion = earlier.log_odds(held_out.features)
    trees = raw_scores(load(earlier_trees), held_out.features, held_out.prior)
    by_weight = {weight: ndcg(held_out, trees + weight * opinion, 50) for weight in WEIGHTS}
    weight = max(WEIGHTS, key=lambda value: (by_weight[value], -value))
    metrics = {
        ("validation", name): value
        for name, value in classification(held_out.grades > 0, sigmoid(opinion)).items()
    }
    metrics |= {
        ("training", name): value
        for name, value in classification(
            fitted.grades > 0, sigmoid(earlier.log_odds(fitted.features))
        ).items()
    }
    metrics |= {
        ("validation", "ndcg_at_10"): ndcg(held_out, trees + weight * opinion),
        ("validation", "ndcg_at_10_of_network_alone"): ndcg(held_out, opinion),
        ("validation", "ndcg_at_10_of_trees"): ndcg(held_out, trees),
        ("validation", "ndcg_at_10_of_recent_popularity"): ndcg(held_out, held_out.prior),
        ("validation", "lists"): float(len(held_out.sizes)),
    }
    network = replace(fit(examples, epochs)[0], weight=weight)
    rows: list[Fact] = [
        (
            "status",
            "trained",
            None,
            f"trained on {len(fitted.sizes)} and checked with "
            f"{len(held_out.sizes)} later lists; their log odds count {weight:g} times.",
        ),
        ("model", "model", None, network.to_json()),
    ]
    settings = {**PARAMETERS, "networks": NETWORKS, "epochs": epochs, "weight": weight}
    settings["most_rows_per_step"] = MOST_ROWS_PER_STEP
    settings["most_epochs"] = MOST_EPOCHS
    return network, rows + parameter_rows(settings) + metric_rows(metrics)


def reranked(network: Network, first: int, batch: pa.Table) -> pa.Table:
    """The lists of stage 2 in the order of this stage.

    first: as many pings of each list are re-ranked, and the lists are no longer. batch: of
    int_ranking_rerank_features, whole users.
    """
    kept = batch.filter(pc.less_equal(batch["list_rank"], first))
    users, pings = kept["user_key"].to_numpy(), kept["ping_key"].to_numpy()
    opinion = network.log_odds(matrix(kept, network.own))
    scores = kept["score"].to_numpy() + network.weight * opinion
    best = best_rows(users, pings, scores, first)
    return listed(users[best], pings[best], scores[best])
