"""How well a user's shown pings are ordered by scores, and means of that over users.

For one user with n shown pings, of which P are positive and N = n - P are not:

    AUC       the share of the P x N pairs of a positive and another ping that the scores put in the
              right order; equal scores count half (Mann and Whitney 1947). scikit-learn's
              roc_auc_score
    NDCG@5    gain 1 for a positive ping, log2 discount, ideal over all positive pings, cut at 5.
              Where scores are equal, the mean over all orders of the equal ones: each of their
              places gets their share of positives. scikit-learn's ndcg_score
    HitRate@1 whether the first ping is positive; of several with the highest score, their share of
              positives

GAUC is the mean of the users' AUC, weighted by n (`gauc`: each shown ping counts alike; Zhou et
al., KDD 2018), or not (`gauc_plain`: each user counts alike).
"""

from __future__ import annotations

import math
from typing import ClassVar

from evaluation.per_user import segment_columns
from evaluation.run import Run
from evaluation.settings import SHOWN_METRICS, SHOWN_NDCG_K
from evaluation.sums import exact_mean, exact_sum
from evaluation.wording import listed

# What the places up to each number are worth together, from none on.
WORTH = [
    math.fsum(1 / math.log2(place + 1) for place in range(1, places + 1))
    for places in range(SHOWN_NDCG_K + 1)
]


class ShownRun(Run):
    """An evaluation of an order of what was shown."""

    needs_hits: ClassVar[bool] = False

    def accuracy_metrics(self) -> tuple[str, ...]:
        return SHOWN_METRICS

    def user_values(self, label: str, condition: str, scope: str, pooled: bool) -> str:
        """A query for one row per (cutoff, strategy, segment, K, user) with the metrics.

        The mean of `gauc` over the users of a segment is the weighted mean G of their AUC, and its
        variance that of a ratio: a user of n pings where the mean is m has G + n/m (AUC - G).
        """
        cutoff_key = "cutoff_key"
        if pooled:
            condition += f" and strategy_key in ({listed(self.everywhere) or 'null'})"
            cutoff_key = "cast(null as usmallint)"
        return f"""
            with users as (
                select
                    {cutoff_key} as cutoff_key,
                    strategy_key,
                    {label} as segment,
                    k,
                    user_id,
                    sum(n_shown) as n_shown,
                    {exact_sum("n_shown * auc")} / sum(n_shown) as auc_of_pings,
                    {exact_mean("auc")} as auc,
                    {exact_mean("ndcg")} as ndcg,
                    {exact_mean("hit_rate")} as hit_rate
                from user_rows
                where {condition}
                group by all
            ),

            segment_means as (
                select
                    cutoff_key,
                    strategy_key,
                    segment,
                    {exact_sum("n_shown * auc_of_pings")} / sum(n_shown) as weighted,
                    sum(n_shown) / count(*) as size
                from users
                group by all
            )

            select
                users.* exclude (n_shown, auc, auc_of_pings),
                users.auc as gauc_plain,
                weighted + n_shown / size * (auc_of_pings - weighted) as gauc
            from users
            inner join segment_means
                on users.cutoff_key is not distinct from segment_means.cutoff_key
                and users.strategy_key = segment_means.strategy_key
                and users.segment = segment_means.segment
            """


def load_scores(run: Run) -> None:
    """The scores by keys, and which strategy has some at which cutoff."""
    source, cutoff_key = run.fold_source("scores")
    run.create(
        "scores",
        f"""
        select
            {cutoff_key} as cutoff_key,
            strategies.strategy_key,
            {run.id("scores", "user_id")} as user_id,
            {run.id("scores", "ping_id")} as ping_id,
            case when not isnan(source.score) then source.score end as score
        from {source}
        inner join strategies on source.strategy = strategies.strategy
        """,
    )
    run.create(
        "folds", "select distinct cutoff_key, strategy_key from scores where score is not null"
    )
    there = run.sql("select strategy_key, count(*) from folds group by strategy_key order by 1")
    run.everywhere = [key for key, cutoffs in there if cutoffs == len(run.cutoffs)]
    for key, cutoffs in there:
        if cutoffs < len(run.cutoffs):
            run.notes.append(
                f"{run.strategies[key]} has scores at {cutoffs} of {len(run.cutoffs)} cutoffs: "
                "it is not evaluated at the others, nor over all of them."
            )
    run.create("item_scopes", "select cast(0 as utinyint) as scope_key, 'all' as item_scope")


def rank_shown(run: Run) -> None:
    """The metrics of every evaluated user by every strategy.

    Pings of equal score are one step of the order: `above` and `above_positive` count what comes
    before it. All counts are whole numbers, so that an AUC is one division.
    """
    segments, segment_join = segment_columns(run)
    worth = f"[{', '.join(map(repr, WORTH))}]"

    def worth_of(places: str) -> str:
        return f"{worth}[cast(1 + least({places}, {SHOWN_NDCG_K}) as integer)]"

    run.create(
        "user_rows",
        f"""
        with steps as (
            select
                label_rows.cutoff_key,
                folds.strategy_key,
                label_rows.user_id,
                scores.score,
                cast(count(*) as integer) as size,
                cast(sum(label_rows.is_positive) as integer) as positive
            from label_rows
            inner join folds using (cutoff_key)
            left join scores
                on label_rows.cutoff_key = scores.cutoff_key
                and folds.strategy_key = scores.strategy_key
                and label_rows.user_id = scores.user_id
                and label_rows.ping_id = scores.ping_id
            group by all
        ),

        placed as (
            select
                *,
                cast(sum(size) over earlier as integer) - size as above,
                cast(sum(positive) over earlier as integer) as positive_so_far
            from steps
            window earlier as (
                partition by cutoff_key, strategy_key, user_id
                order by score desc nulls last
                rows between unbounded preceding and current row
            )
        ),

        measured as (
            select
                cutoff_key,
                strategy_key,
                user_id,
                -- twice the pairs in the right order: the positive ones before, or half beside
                sum((size - positive) * (2 * positive_so_far - positive)) as doubled,
                sum(
                    positive / size * ({worth_of("above + size")} - {worth_of("above")})
                    order by above
                ) as gain,
                max(case when above = 0 then positive / size end) as hit_rate
            from placed
            group by all
        )

        select
            measured.cutoff_key,
            measured.strategy_key,
            measured.user_id,
            cast(0 as utinyint) as scope_key,
            {SHOWN_NDCG_K} as k,
            evaluated_users.n_shown,
            evaluated_users.n_positive,
            measured.doubled
            / (2 * n_positive * (n_shown - n_positive)) as auc,
            measured.gain / {worth_of("n_positive")} as ndcg,
            measured.hit_rate
            {segments}
        from measured
        inner join evaluated_users using (cutoff_key, user_id)
        {segment_join.format("measured")}
        """,
    )


def start_users(run: Run) -> None:
    """The table of rows per user that is written, without a row."""
    types = {
        **dict.fromkeys(("cutoff", "strategy", "user_id", "label"), "varchar"),
        "is_new": "boolean",
        "activity": "varchar",
        **dict.fromkeys(("n_shown", "n_positive"), "bigint"),
        **dict.fromkeys(("auc", "ndcg", "hit_rate"), "double"),
    }
    columns = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in types.items())
    run.create("per_user", f"select {columns} where false")


def keep_users(run: Run, label: str) -> None:
    """Add a label's rows per user to the table that is written."""
    columns = ", ".join(
        f"user_rows.{name}" if is_there else "null"
        for name, is_there in (("is_new", run.has_new), ("activity", run.has_activity))
    )
    run.connection.execute(
        f"""
        insert into per_user
        select
            cutoffs.cutoff, strategies.strategy, cast(user_rows.user_id as varchar), '{label}',
            {columns}, n_shown, n_positive, auc, ndcg, hit_rate
        from user_rows
        inner join cutoffs using (cutoff_key)
        inner join strategies using (strategy_key)
        """
    )
