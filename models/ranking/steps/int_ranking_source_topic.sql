-- Recently liked pings of the five categories that a user is most interested in, by the product of
-- the interest and of the ping's recent share.
with

interests as (

    select * from {{ ref('int_ranking_interests') }}
    where interest_rank <= 5

),

orderings as (

    select * from {{ ref('int_ranking_orderings') }}
    where
        category_key <> 0
        and category_trending_rank <= {{ var('ranking_source_pings') }}

),

history as (

    select * from {{ ref('int_ranking_history') }}

),

ranked as (

    select
        interests.cutoff_key,
        interests.user_key,
        orderings.ping_key,
        row_number() over (
            partition by interests.cutoff_key, interests.user_key
            order by ln(interests.affinity) + orderings.prior_score desc, orderings.ping_key
        ) as source_rank
    from interests
    inner join orderings
        on
            interests.cutoff_key = orderings.cutoff_key
            and interests.category_key = orderings.category_key
    left join history
        on
            interests.cutoff_key = history.cutoff_key
            and interests.user_key = history.user_key
            and orderings.ping_key = history.ping_key
    where history.ping_key is null

),

final as (

    select
        cutoff_key,
        user_key,
        ping_key,
        'topic' as source,
        source_rank
    from ranked
    where source_rank <= {{ var('ranking_source_pings') }}

)

select * from final
