-- Recently liked pings of the five categories that a user is most interested in, by the product of
-- the interest and of the ping's recent share.
with

history as (

    select * from {{ ref('int_ranking_history') }}

),

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

offered as (

    select
        interests.cutoff_key,
        interests.user_key,
        orderings.ping_key,
        ln(interests.affinity) + orderings.prior_score as log_worth
    from interests
    inner join orderings
        on
            interests.cutoff_key = orderings.cutoff_key
            and interests.category_key = orderings.category_key

),

final as (

    {{ source_lists('topic', 'offered', 'history', 'offered.log_worth desc') | trim }}

)

select * from final
