"""Means over the users of a segment, with their normal intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from common import Row
from evaluation.per_user import segment_columns
from evaluation.run import Run
from evaluation.settings import EVERYTHING, LIST_METRICS
from evaluation.sums import exact_mean, exact_sum


def mean_metrics(run: Run) -> list[Row]:
    """The mean of every per-user metric, by segment, with a normal interval.

    mean +- z * sample standard deviation / sqrt(n), over users. Over several cutoffs there
    is also the mean of users' own means (cutoff `all`): each user counts once, so that
    users who come back do not make the interval too narrow.
    """
    rows = []
    for label, condition, scope in run.cuts():
        rows += _accuracy_rows(run, label, condition, scope)
        if run.has_list_scores and (label, condition) in run.segmentations():
            rows += _list_rows(run, label, condition)
        if len(run.cutoffs) > 1:
            rows += _pooled_rows(run, label, condition, scope)
    return rows


def _accuracy_rows(run: Run, label: str, condition: str, scope: str) -> list[Row]:
    """From the lists with a hit alone: all others add nothing to sums and squares."""
    metrics = run.accuracy_metrics()
    _, segment_join = segment_columns(run)
    sums = ", ".join(
        f"{exact_sum(f'scored.{metric}')} as sum_{number}, "
        f"{exact_sum(f'scored.{metric} * scored.{metric}')} as squares_{number}"
        for number, metric in enumerate(metrics)
    )
    found = run.rows(
        f"""
        with sums as (
            select
                scored.cutoff_key, scored.strategy_key, {label} as segment, scored.k, {sums}
            from scored
            inner join item_scopes using (scope_key)
            {segment_join.format("scored")}
            where {condition} and {scope}
            group by scored.cutoff_key, scored.strategy_key, segment, scored.k
        ),

        sizes as (
            select evaluated_users.cutoff_key, {label} as segment, count(*) as n
            from evaluated_users
            inner join item_scopes using (scope_key)
            {segment_join.format("evaluated_users")}
            where {condition} and {scope}
            group by evaluated_users.cutoff_key, segment
        )

        select
            sizes.cutoff_key, folds.strategy_key, sizes.segment, ks.k, sizes.n,
            sums.* exclude (cutoff_key, strategy_key, segment, k)
        from sizes
        inner join folds on sizes.cutoff_key = folds.cutoff_key
        cross join ks
        left join sums
            on sizes.cutoff_key = sums.cutoff_key
            and folds.strategy_key = sums.strategy_key
            and sizes.segment = sums.segment
            and ks.k = sums.k
        """
    )
    rows = []
    for row in found:
        n = row["n"]
        for number, metric in enumerate(metrics):
            mean = (row[f"sum_{number}"] or 0.0) / n
            spread = max(0.0, (row[f"squares_{number}"] or 0.0) - n * mean * mean)
            deviation = math.sqrt(spread / (n - 1)) if n > 1 else None
            rows.append(metric_row(run, row, metric, mean, n, deviation))
    return rows


def _list_rows(run: Run, label: str, condition: str) -> list[Row]:
    _, segment_join = segment_columns(run)
    query = f"""
        select
            list_scores.cutoff_key, list_scores.strategy_key, {label} as segment,
            list_scores.k, {", ".join(LIST_METRICS)}
        from list_scores
        {segment_join.format("list_scores")}
        where {condition}
        """
    return mean_rows(run, query, LIST_METRICS)


def _pooled_rows(run: Run, label: str, condition: str, scope: str) -> list[Row]:
    query = run.user_values(label, condition, scope, pooled=True)
    return mean_rows(run, query, run.user_metrics())


def mean_rows(run: Run, query: str, metrics: Sequence[str]) -> list[Row]:
    """Means over a query for one row per user, as of `Run.user_values`."""
    run.create("averaged_values", query)
    keys = ("cutoff_key", "strategy_key", "segment", "k")
    means = ", ".join(
        f"{exact_mean(metric, run.unit(metric))} as mean_{number}, count({metric}) as n_{number}"
        for number, metric in enumerate(metrics)
    )
    run.create(
        "value_means",
        f"select {', '.join(keys)}, {means} from averaged_values group by {', '.join(keys)}",
    )
    # the mean is known by then: squares of small differences, and none of large numbers
    deviations = ", ".join(
        f"any_value(mean_{number}) as mean_{number}, any_value(n_{number}) as n_{number}, "
        f"sqrt({exact_sum(f'pow(({metric} - mean_{number}) / {unit!r}, 2)')}"
        f" / nullif(any_value(n_{number}) - 1, 0)) * {unit!r} as deviation_{number}"
        for number, metric in enumerate(metrics)
        for unit in [run.unit(metric)]
    )
    selected = ", ".join(f"averaged_values.{key}" for key in keys)
    matched = " and ".join(
        f"averaged_values.{key} is not distinct from value_means.{key}" for key in keys
    )
    found = run.rows(
        f"""
        select {selected}, {deviations}
        from averaged_values
        inner join value_means on {matched}
        group by {selected}
        """
    )
    return [
        metric_row(
            run,
            row,
            metric,
            row[f"mean_{number}"],
            row[f"n_{number}"],
            row[f"deviation_{number}"],
        )
        for row in found
        for number, metric in enumerate(metrics)
        if row[f"n_{number}"]
    ]


def note_seen(run: Run, metrics: Iterable[Row]) -> None:
    """Lists of new pings should have nothing that their user had seen."""
    seen: dict[str, float] = {}
    for row in metrics:
        if row["metric"] == "unseen_share" and row["segment"] == EVERYTHING:
            seen[row["strategy"]] = min(row["value"], seen.get(row["strategy"], 1.0))
    for strategy, share in sorted(seen.items()):
        if share < 1 - 1e-12:
            run.notes.append(
                f"{strategy} recommends pings that their users had already seen: "
                f"unseen_share is {share:.4f} where 1 is expected."
            )


def note_no_hits(run: Run, metrics: Iterable[Row]) -> None:
    """Where no list has a relevant ping, the ids may be written in two ways."""
    if not any(row["value"] for row in metrics if row["metric"] == "hit_rate"):
        run.notes.append(
            "No list has a relevant ping: where lists and truth come from different tools, see "
            "that they write ping_id alike (letter case, 7.0 for 7)."
        )


def metric_row(
    run: Run, row: Row, metric: str, value: float, n: int, deviation: float | None = None
) -> Row:
    low = high = None
    if deviation is not None and n > 1:
        half = run.z * deviation / math.sqrt(n)
        low, high = value - half, value + half
    return {
        "cutoff": run.cutoff_name(row["cutoff_key"]),
        "strategy": run.strategies[row["strategy_key"]],
        "segment": row["segment"],
        "k": row["k"],
        "metric": metric,
        "value": value,
        "low": low,
        "high": high,
        "bootstrap_low": None,
        "bootstrap_high": None,
        "n": n,
    }
