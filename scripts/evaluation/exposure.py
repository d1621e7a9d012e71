"""The metrics of all lists of a segment together: how the recommended slots are spread."""

from __future__ import annotations

from common import Row
from evaluation.means import metric_row
from evaluation.per_user import segment_columns
from evaluation.run import Run
from evaluation.settings import EXPOSURE_METRICS
from evaluation.sums import exact_mean, exact_sum, unit_of

# How the slots are spread over the pings of the catalogue.
_LISTED = """
    select
        spread.cutoff_key,
        spread.strategy_key,
        spread.segment,
        spread.k,
        count(*) as n_pings,
        count(distinct items.creator_id) as n_creators,
        cast(sum(spread.slots) as double) as slots,
        sum(spread.place * spread.slots) as place_sum
    from (
        select
            spread.*,
            row_number() over (
                partition by cutoff_key, strategy_key, segment, k order by slots
            ) as place
        from spread
        semi join (from items where in_catalogue) as known
            using (cutoff_key, ping_id)
    ) as spread
    inner join items using (cutoff_key, ping_id)
    group by spread.cutoff_key, spread.strategy_key, spread.segment, spread.k
    """
# Unrecommended pings come first in rising x, so recommended ones move up by as many.
_CATALOGUE_COLUMNS = """
    coalesce(listed.n_pings, 0) / nullif(catalogue_sizes.n_pings, 0) as item_coverage,
    coalesce(listed.n_creators, 0) / nullif(catalogue_sizes.n_creators, 0)
        as creator_coverage,
    (
        2 * (
            listed.place_sum
            + (catalogue_sizes.n_pings - listed.n_pings) * listed.slots
        ) / listed.slots - catalogue_sizes.n_pings - 1
    ) / nullif(catalogue_sizes.n_pings, 0) as gini_exposure,
    """
_CATALOGUE_JOINS = """
    left join listed using (cutoff_key, strategy_key, segment, k)
    left join catalogue_sizes using (cutoff_key)
    """


def exposure_metrics(run: Run) -> list[Row]:
    """How the recommended slots are spread over pings, creators and users.

    x_i is how often ping i stands in a list cut at K, n the number of pings in the catalogue,
    U the number of lists. There is no interval: these are not means over users.

    item_coverage     share of the catalogue that is recommended to somebody (Herlocker et al.
                      2004; Ge et al. 2010). RecTools CatalogCoverage, normalized
    creator_coverage  share of the catalogue's creators with a ping recommended to somebody
    gini_exposure     sum over pings in rising x of (2 i - n - 1) x_i / (n sum x), pings
                      that are never recommended included: 0 is equal, near 1 is all slots on
                      one ping (Fleder and Hosanagar 2009)
    entropy           -sum of p log2 p over recommended pings, p = x_i / sum x, in bits
                      (Shani and Gunawardana 2011)
    personalisation   mean over all pairs of users of 1 - pings in both lists / K (Zhou et al.
                      2010). A ping in x_i lists is shared by x_i (x_i - 1) / 2 pairs, so the
                      exact mean is 1 - sum x_i (x_i - 1) / (U (U - 1) K)
    popularity_lift   (mean popularity of the lists - mean popularity of the same users'
                      histories) / the latter, each a mean over users of means over pings
                      (Abdollahpouri et al. 2020)
    """
    _count_exposure(run)
    rows = []
    for label, condition in run.segmentations():
        rows += _exposure_rows(run, label, condition)
        if run.has_popularity and "history" in run.tables:
            rows += _lift_rows(run, label, condition)
    return rows


def _count_exposure(run: Run) -> None:
    """Slots by ping and user segment; ranks are kept only as the smallest K that has them."""
    bands = " ".join(f"when list_rows.rank <= {k} then {k}" for k in sorted(run.settings.ks))
    first_k, by_first_k = f"case {bands} end", ", first_k"
    if len(run.settings.ks) == 1:
        first_k, by_first_k = str(run.largest_k), ""
    segments, segment_join = segment_columns(run)
    selected, grouped = run.keyed("list_rows", "cutoff_key", "strategy_key", "ping_id")
    run.create(
        "exposure",
        f"""
        select {selected}, {first_k} as first_k, count(*) as slots {segments}
        from list_rows {segment_join.format("list_rows")}
        where list_rows.rank <= {run.largest_k}
        group by {grouped} {by_first_k} {segments}
        """,
    )
    run.create(
        "list_counts",
        f"""
        select list_users.cutoff_key, list_users.strategy_key, count(*) as n_lists {segments}
        from list_users {segment_join.format("list_users")}
        group by list_users.cutoff_key, list_users.strategy_key {segments}
        """,
    )
    if run.has_items:
        run.create(
            "catalogue_sizes",
            """
            select
                cutoff_key, count(*) as n_pings, count(distinct creator_id) as n_creators
            from items
            where in_catalogue
            group by cutoff_key
            """,
        )


def _exposure_rows(run: Run, label: str, condition: str) -> list[Row]:
    listed, catalogue_columns, catalogue_joins = "select 1", "", ""
    most_slots = 64.0 * run.sql("select coalesce(sum(slots), 0) from exposure")[0][0]
    if "catalogue" in run.tables:
        listed, catalogue_columns = _LISTED, _CATALOGUE_COLUMNS
        catalogue_joins = _CATALOGUE_JOINS
    found = run.rows(
        f"""
        with spread as (
            select
                exposure.cutoff_key,
                exposure.strategy_key,
                {label} as segment,
                ks.k,
                exposure.ping_id,
                cast(sum(exposure.slots) as bigint) as slots
            from exposure
            inner join ks on exposure.first_k <= ks.k
            where {condition}
            group by
                exposure.cutoff_key, exposure.strategy_key, segment, ks.k, exposure.ping_id
        ),

        together as (
            select
                cutoff_key,
                strategy_key,
                segment,
                k,
                cast(sum(slots) as double) as slots,
                {exact_sum("slots * log2(slots)", unit_of(most_slots))} as slot_logs,
                cast(sum(cast(slots as hugeint) * (slots - 1)) as double) as shared
            from spread
            group by cutoff_key, strategy_key, segment, k
        ),

        listed as ({listed}),

        lists as (
            select
                cutoff_key,
                strategy_key,
                {label} as segment,
                cast(sum(n_lists) as bigint) as n_lists
            from list_counts
            where {condition}
            group by cutoff_key, strategy_key, segment
        )

        select
            cutoff_key,
            strategy_key,
            segment,
            k,
            lists.n_lists,
            {catalogue_columns}
            abs(log2(together.slots) - together.slot_logs / together.slots) as entropy,
            1 - together.shared / nullif(
                cast(lists.n_lists as double) * (lists.n_lists - 1) * k, 0
            ) as personalisation
        from together
        inner join lists using (cutoff_key, strategy_key, segment)
        {catalogue_joins}
        """
    )
    return [
        metric_row(run, row, metric, row[metric], row["n_lists"])
        for row in found
        for metric in EXPOSURE_METRICS
        if row.get(metric) is not None
    ]


def _lift_rows(run: Run, label: str, condition: str) -> list[Row]:
    run.create(
        "tastes",
        f"""
        select
            history_pairs.cutoff_key,
            history_pairs.user_id,
            {exact_mean("items.popularity", run.unit("popularity"))} as popularity
        from history_pairs
        inner join items using (cutoff_key, ping_id)
        group by history_pairs.cutoff_key, history_pairs.user_id
        """,
    )
    join = ""
    if run.has_segments:
        join = "left join segments using (cutoff_key, user_id)"
    found = run.rows(
        f"""
        select
            list_scores.cutoff_key,
            list_scores.strategy_key,
            {label} as segment,
            list_scores.k,
            count(*) as n_lists,
            {exact_mean("list_scores.popularity", run.unit("popularity"))} as of_lists,
            {exact_mean("tastes.popularity", run.unit("popularity"))} as of_histories
        from list_scores
        inner join tastes using (cutoff_key, user_id)
        {join}
        where {condition}
        group by list_scores.cutoff_key, list_scores.strategy_key, segment, list_scores.k
        """
    )
    return [
        metric_row(
            run,
            row,
            "popularity_lift",
            (row["of_lists"] - row["of_histories"]) / row["of_histories"],
            row["n_lists"],
        )
        for row in found
        if row["of_histories"] > 0
    ]
