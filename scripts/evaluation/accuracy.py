"""The accuracy metrics of each list: how well it agrees with what happened."""

from __future__ import annotations

import math

from evaluation.population import scope_join
from evaluation.run import LARGEST_GRADE_EXP, Run


def score_accuracy(run: Run) -> None:
    """Compare each list with the relevant pings. Creates `scored`: users with a hit only.

    Per user, over the list cut at K; the reported number is the mean over evaluated users.
    Equal to, per user within 1e-9: (r) ranx, (t) trec_eval through ir_measures,
    (c) RecTools.

    hit_rate       1 if any ping of L is in T. (r) hit_rate, (t) success, (c) HitRate
    precision      hits / K, also for a shorter list. (r) precision, (t) P, (c) Precision
    recall         hits / R. (r) recall, (t) recall, (c) Recall
    recall_capped  hits / min(R, K): 1 is within reach whatever R is. Thakur et al. 2021
                   (BEIR). (c) Precision with r_precision
    mrr            1 / position of the first hit, 0 without one. (r) mrr, (t) RR, (c) MRR
    map            sum over hits of (hits up to there / position), divided by R. (r) map,
                   (t) AP, (c) MAP. Some libraries divide by min(R, K) instead
    ndcg           DCG / ideal DCG. DCG is the sum over L of g / log2(position + 1); the ideal
                   is that of all pings of T in falling g, cut at K. Jarvelin and Kekalainen
                   2002. (r) ndcg, (t) nDCG
    ndcg_exp       the same with 2^g - 1 for g. Burges et al. 2005. (r) ndcg_burges
    ndcg_binary    the same with 1 for every g above 0. (c) NDCG with divide_by_achievable

    The sums go through the ranks in their order, so that the last digit is always the same.
    Only hits are numbered and only the users with a hit get an ideal: everybody else
    scores 0 whatever their ideal is.
    """
    _find_hits(run)
    ndcg_exp = "sum((pow(2, relevance) - 1) * discount order by rank)"
    ideal_exp = (
        "list_inner_product(list_transform(top, lambda grade: pow(2, grade) - 1), discounts)"
    )
    if run.largest_grade > LARGEST_GRADE_EXP:
        ndcg_exp = ideal_exp = "cast(null as double)"
        run.notes.append(
            f"ndcg_exp is not computed: 2 to the power of the largest relevance, "
            f"{run.largest_grade:g}, is not a usable number; scale the grades down."
        )
    _sum_hits(run, ndcg_exp)
    _compare_with_ideals(run, ideal_exp)


def _find_hits(run: Run) -> None:
    """The recommended pings that are relevant."""
    run.create(
        "hits",
        f"""
        select
            list_rows.cutoff_key, list_rows.strategy_key, list_rows.user_id, list_rows.rank,
            relevant.relevance, relevant.is_warm
        from list_rows
        inner join relevant
            on {run.match("list_rows", "relevant", "cutoff_key", "user_id", "ping_id")}
        where list_rows.rank <= {run.largest_k}
        """,
    )


def _sum_hits(run: Run, ndcg_exp: str) -> None:
    """What the metrics need to know of a list's hits, for each K."""
    by_list = ("cutoff_key", "strategy_key", "scope_key", "user_id")
    _, numbered_by = run.keyed("scoped", *by_list)
    selected, grouped = run.keyed("numbered", *by_list)
    run.create(
        "hit_sums",
        f"""
        with scoped as (
            select hits.*, item_scopes.scope_key
            from hits {scope_join(run, "hits")}
        ),

        numbered as (
            select
                scoped.*,
                1 / log2(rank + 1) as discount,
                row_number() over (partition by {numbered_by} order by rank) as hit_number
            from scoped
        )

        select
            {selected},
            ks.k,
            cast(count(*) as integer) as hits,
            min(rank) as first_rank,
            sum(hit_number / rank order by rank) as precision_sum,
            sum(relevance * discount order by rank) as dcg,
            {ndcg_exp} as dcg_exp,
            sum(discount order by rank) as dcg_binary
        from numbered
        inner join ks on numbered.rank <= ks.k
        group by {grouped}, ks.k
        """,
    )


def _compare_with_ideals(run: Run, ideal_exp: str) -> None:
    """The metrics of each list, beside the best that could have been."""
    # No ideal is longer than the most that anybody has to find.
    most = run.sql("select max(n_relevant) from evaluated_users")[0][0]
    longest = min(run.largest_k, most)
    discounts = ", ".join(repr(1 / math.log2(rank + 1)) for rank in range(1, longest + 1))
    # The best possible list is the largest grades in falling order, which is what the top-K
    # aggregate gives without sorting the truth.
    selected, grouped = run.keyed("scoped", "cutoff_key", "scope_key", "user_id")
    run.create(
        "scored",
        f"""
        with scoped as (
            select relevant.*, item_scopes.scope_key
            from (
                from relevant
                semi join hits on {run.match("relevant", "hits", "cutoff_key", "user_id")}
            ) as relevant
            {scope_join(run, "relevant")}
        ),

        best as (
            select
                {selected},
                cast(count(*) as integer) as n_relevant,
                max(relevance, {longest}) as grades
            from scoped
            group by {grouped}
        ),

        cut as (
            select
                best.cutoff_key, best.scope_key, best.user_id, best.n_relevant, ks.k,
                list_slice(best.grades, 1, ks.k) as top,
                list_slice(
                    cast([{discounts}] as double[]), 1, least(ks.k, len(best.grades))
                ) as discounts
            from best
            cross join ks
        ),

        ideals as (
            select
                cutoff_key, scope_key, user_id, n_relevant, k,
                list_inner_product(top, discounts) as ideal,
                {ideal_exp} as ideal_exp,
                list_sum(discounts) as ideal_binary
            from cut
        )

        select
            hit_sums.cutoff_key, hit_sums.strategy_key, hit_sums.scope_key, hit_sums.user_id,
            hit_sums.k, hit_sums.hits,
            cast(1 as double) as hit_rate,
            hit_sums.hits / hit_sums.k as precision,
            hit_sums.hits / ideals.n_relevant as recall,
            hit_sums.hits / least(ideals.n_relevant, hit_sums.k) as recall_capped,
            1 / hit_sums.first_rank as mrr,
            hit_sums.precision_sum / ideals.n_relevant as map,
            hit_sums.dcg / ideals.ideal as ndcg,
            hit_sums.dcg_exp / ideals.ideal_exp as ndcg_exp,
            hit_sums.dcg_binary / ideals.ideal_binary as ndcg_binary
        from hit_sums
        inner join ideals
            on {run.match("hit_sums", "ideals", "cutoff_key", "scope_key", "user_id", "k")}
        """,
    )
