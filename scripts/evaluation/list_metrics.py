"""The metrics of each list by itself, whether or not it hits."""

from __future__ import annotations

from evaluation.run import Run
from evaluation.settings import LIST_METRICS
from evaluation.sums import exact_mean, exact_sum

CALIBRATION_ALPHA = 0.01  # Steck's value: keeps the divergence finite


def score_lists(run: Run) -> None:
    """Score each list by itself. Creates `list_scores`, a row per list and K.

    novelty        mean over L of -log2(users that touched the ping / users with a history),
                   both before the cutoff: the mean inverse user frequency, or mean
                   run-information (Zhou et al. 2010). A ping that nobody touched counts as
                   touched by one user, which is the most novel that a ping can be.
                   RecTools MeanInvUserFreq
    popularity     mean over L of the ping's popularity before the cutoff, 0 where it has
                   none: ARP (Yin et al. 2012). RecTools AvgRecPopularity
    intra_list_diversity
                   share of the pairs of L whose categories differ (Ziegler et al. 2005).
                   Pings without a category are left out of the pairs; a list with fewer than
                   two others has no value. RecTools IntraListDiversity with the Hamming
                   distance gives such a list 0 instead
    calibration    Kullback-Leibler divergence, in nats, of the list's categories from the
                   history's (Steck 2018): sum over categories of p ln(p / q'), with
                   q' = 0.99 q + 0.01 p, p the share of the category in the user's history
                   and q in L, pings without a category left out. 0 is perfectly calibrated.
                   Users without such a history or list have no value
    unseen_share   share of L that the user had not seen before the cutoff; must be 1 for
                   lists of new pings
    churn          1 - pings that the lists at this cutoff and at the one before share, over
                   the longer of the two (both cut at K), for users with both: the temporal
                   diversity of Lathia et al. 2010
    """
    has_history = "history" in run.tables
    parts = []
    if run.has_items:
        _join_list_items(run)
    if run.has_popularity or has_history:
        parts.append(("item_scores", _score_items(run, has_history)))
    if run.has_categories:
        _score_diversity(run)
        parts.append(("diversity_scores", ("intra_list_diversity",)))
        if has_history:
            _score_calibration(run)
            parts.append(("calibration_scores", ("calibration",)))
    if len(run.cutoffs) > 1:
        _score_churn(run)
        parts.append(("churn_scores", ("churn",)))
    _note_what_is_missing(run)
    run.has_list_scores = bool(parts)
    if not parts:
        return
    where_from = {column: name for name, columns in parts for column in columns}
    columns = ", ".join(
        f"{where_from[metric]}.{metric}"
        if metric in where_from
        else f"cast(null as double) as {metric}"
        for metric in LIST_METRICS
    )
    joins = " ".join(f"left join {name} using (list_number, k)" for name, _ in parts)
    run.create(
        "list_scores",
        f"""
        select
            list_users.cutoff_key, list_users.strategy_key, list_users.user_id, ks.k,
            least(list_users.n_items, ks.k) as list_length,
            {columns}
        from list_users
        cross join ks
        {joins}
        """,
    )


def _score_items(run: Run, has_history: bool) -> tuple[str, ...]:
    """The metrics that are means over the pings of a list; gives their names."""
    scores = {
        "novelty": exact_mean("list_items.novelty") if has_history else None,
        "popularity": exact_mean("list_items.popularity", run.unit("popularity"))
        if run.has_popularity
        else None,
        "unseen_share": "avg(list_items.is_unseen)" if has_history else None,  # of 0 and 1
    }
    columns = ", ".join(
        f"{score or 'cast(null as double)'} as {name}" for name, score in scores.items()
    )
    run.create(
        "item_scores",
        f"""
        select list_items.list_number, ks.k, {columns}
        from list_items
        inner join ks on list_items.rank <= ks.k
        group by list_items.list_number, ks.k
        """,
    )
    return tuple(scores)


def _join_list_items(run: Run) -> None:
    """What the per-list metrics need of every recommended ping, with numbers for ids."""
    columns = ["items.category_key", "coalesce(items.popularity, 0) as popularity"]
    joins = ["left join items using (cutoff_key, ping_id)"]
    if "history" in run.tables:
        columns.append(
            "-log2(greatest(coalesce(items.n_users, 0), 1) / audience.n_users) as novelty"
        )
        columns.append("case when history_pairs.user_id is null then 1.0 else 0.0 end as is_unseen")
        joins.append("left join history_pairs using (cutoff_key, user_id, ping_id)")
        joins.append(
            "left join (select cutoff_key, count(distinct user_id) as n_users "
            "from history_pairs group by cutoff_key) as audience using (cutoff_key)"
        )
    run.create(
        "list_items",
        f"""
        select list_users.list_number, list_rows.rank, {", ".join(columns)}
        from list_rows
        inner join list_users using (cutoff_key, strategy_key, user_id)
        {" ".join(joins)}
        where list_rows.rank <= {run.largest_k}
        """,
    )


def _score_diversity(run: Run) -> None:
    """Count each list's pings by category; pairs of one category follow from the counts."""
    run.create(
        "category_counts",
        """
        select list_items.list_number, ks.k, list_items.category_key, count(*) as n_items
        from list_items
        inner join ks on list_items.rank <= ks.k
        where list_items.category_key is not null
        group by list_items.list_number, ks.k, list_items.category_key
        """,
    )
    run.create(
        "diversity_scores",
        """
        select
            list_number, k, n_items,
            case when n_items > 1 then 1 - n_alike / (n_items * (n_items - 1)) end
                as intra_list_diversity
        from (
            select
                list_number, k,
                cast(sum(n_items) as bigint) as n_items,
                cast(sum(n_items * (n_items - 1)) as bigint) as n_alike
            from category_counts
            group by list_number, k
        ) as by_list
        """,
    )


def _score_calibration(run: Run) -> None:
    keep = 1 - CALIBRATION_ALPHA
    divergence = f"""
        profiles.share * ln(
            profiles.share / (
                {keep} * coalesce(category_counts.n_items, 0) / diversity_scores.n_items
                + {CALIBRATION_ALPHA} * profiles.share
            )
        )
        """
    run.create(
        "calibration_scores",
        f"""
        with profiles as (
            select
                history_pairs.cutoff_key, history_pairs.user_id, items.category_key,
                count(*) / sum(count(*)) over (
                    partition by history_pairs.cutoff_key, history_pairs.user_id
                ) as share
            from history_pairs
            inner join items using (cutoff_key, ping_id)
            where items.category_key is not null
            group by history_pairs.cutoff_key, history_pairs.user_id, items.category_key
        )

        select
            diversity_scores.list_number, diversity_scores.k,
            {exact_sum(divergence)} as calibration
        from profiles
        inner join list_users using (cutoff_key, user_id)
        inner join diversity_scores using (list_number)
        left join category_counts
            on diversity_scores.list_number = category_counts.list_number
            and diversity_scores.k = category_counts.k
            and profiles.category_key = category_counts.category_key
        group by diversity_scores.list_number, diversity_scores.k
        """,
    )


def _score_churn(run: Run) -> None:
    run.create(
        "churn_scores",
        f"""
        with pairs as (
            select
                later.list_number,
                greatest(later.n_items, earlier.n_items) as n_items
            from list_users as later
            inner join list_users as earlier
                on later.cutoff_key = earlier.cutoff_key + 1
                and later.strategy_key = earlier.strategy_key
                and later.user_id = earlier.user_id
        ),

        shared as (
            select list_users.list_number, ks.k, count(*) as n_shared
            from list_rows as later
            inner join list_rows as earlier
                on later.cutoff_key = earlier.cutoff_key + 1
                and later.strategy_key = earlier.strategy_key
                and later.user_id = earlier.user_id
                and later.ping_id = earlier.ping_id
            inner join list_users
                on later.cutoff_key = list_users.cutoff_key
                and later.strategy_key = list_users.strategy_key
                and later.user_id = list_users.user_id
            inner join ks on greatest(later.rank, earlier.rank) <= ks.k
            where later.rank <= {run.largest_k} and earlier.rank <= {run.largest_k}
            group by list_users.list_number, ks.k
        )

        select
            pairs.list_number, ks.k,
            1 - coalesce(shared.n_shared, 0) / least(ks.k, pairs.n_items) as churn
        from pairs
        cross join ks
        left join shared on pairs.list_number = shared.list_number and ks.k = shared.k
        """,
    )


def _note_what_is_missing(run: Run) -> None:
    """Say which metrics are absent, and what would bring them."""
    has_catalogue = "catalogue" in run.tables
    has_history = "history" in run.tables
    needs: dict[str, list[str]] = {}
    if not has_catalogue:
        needs["a catalogue"] = ["item_coverage", "gini_exposure"]
    if not run.has_creators:
        needs["a catalogue with creator_id"] = ["creator_coverage"]
    if not run.has_categories:
        needs["a catalogue with category"] = ["intra_list_diversity"]
    if not (run.has_categories and has_history):
        needs["a catalogue with category and a history"] = ["calibration"]
    if not run.has_popularity:
        needs["a history, or a catalogue with popularity"] = ["popularity"]
    if not has_history:
        needs["a history"] = ["novelty", "unseen_share", "popularity_lift"]
    if len(run.cutoffs) < 2:
        needs["two cutoffs or more"] = ["churn"]
    if needs:
        listed = "; ".join(f"{', '.join(names)} ({why})" for why, names in needs.items())
        run.notes.append(f"Not computed, with what it takes: {listed}.")
