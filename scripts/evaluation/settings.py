"""What goes into an evaluation and what comes out of it, and the names of the metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from common import InputError, Row
from evaluation.wording import listed

OnStep = Callable[[str, float], None]  # what is being done, and the share of the work before it

ACCURACY_METRICS = (
    "hit_rate",
    "precision",
    "recall",
    "recall_capped",
    "mrr",
    "map",
    "ndcg",
    "ndcg_exp",
    "ndcg_binary",
)
# Means over the users with a list, evaluated or not.
LIST_METRICS = (
    "novelty",
    "popularity",
    "intra_list_diversity",
    "calibration",
    "unseen_share",
    "churn",
)
# One number for all lists together. Resampling users would break them: a resample sees only
# 63 % of the users, and so fewer pings than the users together were shown.
EXPOSURE_METRICS = (
    "item_coverage",
    "creator_coverage",
    "gini_exposure",
    "entropy",
    "personalisation",
    "popularity_lift",
)
METRICS = ACCURACY_METRICS + LIST_METRICS + EXPOSURE_METRICS
# Of a user and the pings that were shown to the user, by a label: who responded, or, with this
# before the name, whose watch time was long for pings of that length.
FAIR = "fair_"
SHOWN_METRICS = ("gauc", "gauc_plain", "ndcg", "hit_rate")
SHOWN_NDCG_K = 5
SHOWN_KS = {"gauc": None, "gauc_plain": None, "ndcg": SHOWN_NDCG_K, "hit_rate": 1}
TASKS = ("lists", "impressions")
EVERYTHING = "all"  # the segment of all users, and the cutoff of the mean over cutoffs
FEWEST_RESAMPLES = 100
LARGEST_K = 999_999  # what DuckDB's top-K aggregate can take


@dataclass(frozen=True)
class Inputs:
    """The tables to evaluate: Parquet or CSV files, or folders of them.

    Any of them may have a column `cutoff`: its rows then belong to the fold of that name. Lists
    and truth have it both or neither; another table without it serves every cutoff.

    lists: user_id, ping_id, rank (1 first, without gaps), optionally strategy
    truth: user_id, ping_id, relevance (0 or more; above 0 is relevant)
    catalogue: ping_id, optionally creator_id, category, and one of popularity, global_engagement,
        users_interacted (measured before the cutoff)
    users: user_id, optionally is_new, activity (a label), left_out_reason or is_eligible
    history: user_id, ping_id: what each user had seen before the cutoff; repeats do no harm
    """

    lists: Path
    truth: Path
    catalogue: Path | None = None
    users: Path | None = None
    history: Path | None = None


@dataclass(frozen=True)
class Settings:
    """What to compute.

    task: whether lists are evaluated, or the order of what was shown; the latter has Ks of its own
    ks: lengths at which the lists are cut
    bootstrap: resamples of the Poisson bootstrap, 0 for none
    permutations: draws of the sign-flip test
    confidence: of the intervals; 1 - confidence is also the level of the tests
    baselines: strategies that the others are compared with, where they are among the lists. The
        best of them is always a partner; `references` always are, and the sentence is about them
    primary_metric, primary_k: what the sentence is about; k 0 means 10 if asked for, else the
        largest
    exclude_seen: with a history, relevant pings that the user had already seen do not count
    activity_bounds: lower bounds of the activity buckets, in pings seen, where `users` has none
    """

    ks: tuple[int, ...] = (10,)
    bootstrap: int = 0
    permutations: int = 10_000
    confidence: float = 0.95
    seed: int = 20_240_213
    baselines: tuple[str, ...] = ("random", "popular", "trending")
    references: tuple[str, ...] = ("popular", "trending")
    primary_metric: str = "ndcg"
    primary_k: int = 0
    exclude_seen: bool = True
    activity_bounds: tuple[int, ...] = (1, 5, 20)
    task: str = "lists"

    @property
    def sentence_k(self) -> int | None:
        """The K that the closing sentence is about; none where its metric has none."""
        if self.task == "impressions":
            return SHOWN_KS[self.primary_metric.removeprefix(FAIR)]
        if self.primary_k:
            return self.primary_k
        return 10 if 10 in self.ks else max(self.ks)

    @property
    def about(self) -> str:
        """The metric that the closing sentence is about, with its K."""
        k = self.sentence_k
        return self.primary_metric if k is None else f"{self.primary_metric}@{k}"

    @property
    def primary_metrics(self) -> tuple[str, ...]:
        """The metrics that can decide between strategies."""
        if self.task == "impressions":
            return (*SHOWN_METRICS, *(FAIR + metric for metric in SHOWN_METRICS))
        return ACCURACY_METRICS


@dataclass(frozen=True)
class Evaluation:
    """The results, in rows ready to be written. `per_user` stays in the connection, as a table.

    metrics: cutoff, strategy, segment, k, metric, value, low, high (normal interval),
        bootstrap_low, bootstrap_high, n
    comparisons: cutoff, k, metric, strategy, baseline, is_best_baseline, n, value,
        baseline_value, difference, low, high, bootstrap_low, bootstrap_high, p_value, p_holm,
        verdict
    counts: cutoff, strategy (none where it does not depend on one), what, reason, users; of what
        was shown, also label
    notes: sentences on what was not computed, and on what looks odd in the input
    conclusion: one sentence on which strategies are better than the baselines
    """

    settings: Settings
    metrics: list[Row]
    comparisons: list[Row]
    counts: list[Row]
    notes: list[str]
    conclusion: str


def check_settings(settings: Settings) -> None:
    """Stop at a setting that makes no sense."""
    if not settings.ks:
        raise InputError("no K is given: name at least one list length, such as 10.")
    for k in settings.ks:
        if k < 1:
            raise InputError(
                f"K is {k}: a list is cut at 1 or more, so give whole numbers above 0."
            )
        if k > LARGEST_K:
            raise InputError(f"K is {k}: nobody reads so long a list; give {LARGEST_K:,} or less.")
    if len(set(settings.ks)) != len(settings.ks):
        raise InputError("the same K is given twice: name each list length once.")
    if settings.bootstrap and settings.bootstrap < FEWEST_RESAMPLES:
        raise InputError(
            f"{settings.bootstrap} bootstrap resamples are too few for an interval: "
            f"give {FEWEST_RESAMPLES} or more (1000 is usual), or 0 for none."
        )
    if settings.permutations < 1:
        raise InputError(f"{settings.permutations} permutations: give 1 or more (10000 is usual).")
    if not 0.5 <= settings.confidence < 1:
        raise InputError(
            f"the confidence is {settings.confidence}: give a share from 0.5 to below 1, like 0.95."
        )
    if settings.primary_metric not in settings.primary_metrics:
        raise InputError(
            f"{settings.primary_metric!r} cannot decide between strategies: "
            f"use one of {', '.join(settings.primary_metrics)}."
        )
    if settings.primary_k and settings.primary_k not in settings.ks:
        raise InputError(
            f"the deciding K is {settings.primary_k}, which is not among the asked-for "
            f"{listed(settings.ks)}: add it there or choose one of them."
        )
