"""Bootstrap intervals, and the paired tests between strategies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from common import Row
from evaluation.resampling import Blocks, Resampled, holm, resample
from evaluation.run import ALL_USERS, Run


def intervals_and_tests(
    run: Run, metrics: list[Row], on_share: Callable[[float], None]
) -> list[Row]:
    """Fill in the bootstrap intervals, and compare the strategies. Returns the comparisons."""
    baselines = [name for name in run.settings.baselines if name in run.strategies]
    wants_tests = len(run.strategies) > 1 and bool(baselines)
    if len(run.strategies) > 1 and not baselines:
        run.notes.append(
            f"No strategy is named {' or '.join(run.settings.baselines)}, so there is nothing "
            "to compare with: add such lists, or name your baselines."
        )
    if not wants_tests and not run.settings.bootstrap:
        return []
    keys: list[int | None] = list(range(len(run.cutoffs)))
    if len(run.cutoffs) > 1:
        keys.append(None)
    cuts = run.cuts()
    if not run.settings.bootstrap:
        cuts = cuts[:1]
    lookup = {_metric_key(row): row for row in metrics}
    run.create(
        "user_numbers",
        """
        select user_id, row_number() over (order by user_id) - 1 as user_number
        from (
            select user_id from list_users union select user_id from evaluated_users
        ) as users
        """,
    )
    comparisons: list[Row] = []
    total = len(keys) * len(cuts)
    for number, (key, cut) in enumerate((key, cut) for key in keys for cut in cuts):
        is_everybody = cut[0] == ALL_USERS[0]
        blocks = Blocks(run, key, cut)

        def advance(share: float, number: int = number) -> None:
            on_share((number + share) / total)

        for segment in blocks.segments():
            sums = resample(
                blocks,
                segment,
                run.settings.bootstrap,
                run.settings.permutations if wants_tests and is_everybody else 0,
                [run.settings.seed, number],
                advance,
            )
            _fill_bootstrap(run, lookup, blocks, segment, sums)
            if wants_tests and is_everybody:
                comparisons += _compare(run, blocks, sums, baselines)
    return comparisons


def _fill_bootstrap(
    run: Run, lookup: dict[tuple[Any, ...], Row], blocks: Blocks, segment: str, sums: Resampled
) -> None:
    if sums.means is None:
        return
    tail = 50 * (1 - run.settings.confidence)
    for column, (strategy_key, k, metric) in enumerate(blocks.columns):
        row = lookup.get(
            (run.cutoff_name(blocks.key), run.strategies[strategy_key], segment, k, metric)
        )
        if row is None:
            continue
        drawn = sums.means[:, column]
        drawn = drawn[np.isfinite(drawn)]
        if len(drawn):
            low, high = np.percentile(drawn, [tail, 100 - tail])
            row["bootstrap_low"], row["bootstrap_high"] = float(low), float(high)


def _compare(run: Run, blocks: Blocks, sums: Resampled, baselines: Sequence[str]) -> list[Row]:
    """Compare every strategy with the best baseline and with the reference baselines."""
    place = {column: number for number, column in enumerate(blocks.columns)}
    present = {strategy_key for strategy_key, _, _ in blocks.columns}
    names = {key: run.strategies[key] for key in sorted(present)}
    usable = [key for key, name in names.items() if name in baselines]
    rows: list[Row] = []
    if not usable or len(names) < 2:
        return rows
    for k in run.settings.ks:
        for metric in run.accuracy_metrics():
            value = {key: float(sums.sums[place[key, k, metric]] / sums.n) for key in names}
            best = max(usable, key=lambda key: (value[key], -usable.index(key)))
            partners = [
                key for key in usable if key == best or names[key] in run.settings.references
            ]
            for baseline in partners:
                family = [
                    _paired(
                        run,
                        sums,
                        place[key, k, metric],
                        place[baseline, k, metric],
                        {
                            "cutoff": run.cutoff_name(blocks.key),
                            "k": k,
                            "metric": metric,
                            "strategy": names[key],
                            "baseline": names[baseline],
                            "is_best_baseline": baseline == best,
                            "n": sums.n,
                            "value": value[key],
                            "baseline_value": value[baseline],
                        },
                    )
                    for key in names
                    if key != baseline
                ]
                adjusted = holm([row["p_value"] for row in family])
                for row, p_holm in zip(family, adjusted, strict=True):
                    row["p_holm"] = p_holm
                    row["verdict"] = (
                        "cannot be told apart"
                        if p_holm >= 1 - run.settings.confidence
                        else "better"
                        if row["difference"] > 0
                        else "worse"
                    )
                rows += family
    return rows


def _paired(run: Run, sums: Resampled, one: int, other: int, row: Row) -> Row:
    """The paired difference of two columns, its intervals and the sign-flip test.

    The test asks: if the two strategies were alike, each user's difference could as well have
    had the other sign. How often do random signs give a mean difference as large as ours, on
    either side? With few differing users every choice of signs is tried; otherwise the
    observed choice is counted among the random ones, so that p is never 0.
    """
    difference = float(sums.sums[one] - sums.sums[other])
    squares = float(
        sums.products[one, one] + sums.products[other, other] - 2 * sums.products[one, other]
    )
    # Rounding leaves a trace where the two are the same for every user.
    if squares < 1e-12 * float(sums.products[one, one] + sums.products[other, other] + 1e-300):
        squares = difference = 0.0
    mean = difference / sums.n
    low = high = None
    if sums.n > 1:
        variance = max(0.0, squares - sums.n * mean * mean) / (sums.n - 1)
        half = run.z * math.sqrt(variance / sums.n)
        low, high = mean - half, mean + half
    p_value = 1.0
    if squares > 0:
        flipped = np.abs(sums.flipped[:, one] - sums.flipped[:, other])
        # Single precision: sums that should be equal differ by less than this.
        as_large = int((flipped >= abs(difference) - 1e-4 * math.sqrt(squares)).sum())
        if sums.flips_are_all:
            p_value = as_large / len(flipped)
        else:
            p_value = (as_large + 1) / (len(flipped) + 1)
    drawn_low = drawn_high = None
    if sums.means is not None:
        tail = 50 * (1 - run.settings.confidence)
        drawn = sums.means[:, one] - sums.means[:, other]
        drawn = drawn[np.isfinite(drawn)]
        if len(drawn):
            drawn_low, drawn_high = map(float, np.percentile(drawn, [tail, 100 - tail]))
    return row | {
        "difference": mean,
        "low": low,
        "high": high,
        "bootstrap_low": drawn_low,
        "bootstrap_high": drawn_high,
        "p_value": p_value,
    }


def _metric_key(row: Row) -> tuple[Any, ...]:
    return row["cutoff"], row["strategy"], row["segment"], row["k"], row["metric"]
