-- Only where stage 2 is skipped, since the log is too short for training cutoffs: elsewhere lists
-- are longer, and made from other features. Topic match is how much the user wants the topic times
-- how popular the ping is of late; what follows has no topic of interest.
with

stage_facts as (

    select * from {{ ref('int_ranking_gbdt') }}
    where
        kind = 'status'
        and name = 'skipped'

),

candidates as (

    select * from {{ ref('int_ranking_candidates') }}
    where cutoff_key = 0

),

orderings as (

    select * from {{ ref('int_ranking_orderings') }}
    where cutoff_key = 0

),

interests as (

    select * from {{ ref('int_ranking_interests') }}
    where cutoff_key = 0

),

matched as (

    select
        candidates.user_key,
        candidates.ping_key,
        candidates.candidate_rank,
        coalesce(interests.affinity * exp(orderings.prior_score), 0) as score
    from candidates
    inner join orderings on candidates.ping_key = orderings.ping_key
    cross join stage_facts
    left join interests
        on
            candidates.user_key = interests.user_key
            and orderings.category_key = interests.category_key

),

ranked as (

    select
        *,
        row_number() over (
            partition by user_key order by score desc, candidate_rank
        ) as list_rank
    from matched

),

final as (

    select
        user_key,
        ping_key,
        list_rank,
        score
    from ranked
    where list_rank <= {{ [var('ranking_short_candidates') | int, var('top_k') | int] | max }}

)

select * from final
