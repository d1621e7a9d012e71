with

pings as (

    select * from {{ ref('int_ranking_pings') }}

),

ping_scores as (

    select * from {{ ref('int_ping_scores') }}

),

ping_ranks as (

    select * from {{ ref('int_ping_ranks') }}

),

measured as (

    select
        pings.cutoff_key,
        pings.ping_key,
        pings.category_key,
        pings.creator_key,
        pings.prior_score,
        pings.gain_recent,
        ping_scores.global_engagement,
        ping_ranks.ping_order,
        ping_ranks.base_score
    from pings
    inner join ping_scores
        on
            pings.cutoff_key = ping_scores.cutoff_key
            and pings.ping_key = ping_scores.ping_key
    inner join ping_ranks
        on
            pings.cutoff_key = ping_ranks.cutoff_key
            and pings.ping_key = ping_ranks.ping_key

),

final as (

    select
        cutoff_key,
        ping_key,
        category_key,
        creator_key,
        base_score,
        prior_score,
        row_number() over (
            partition by cutoff_key order by global_engagement desc, ping_order
        ) as popular_rank,
        row_number() over (
            partition by cutoff_key order by gain_recent desc, global_engagement desc, ping_order
        ) as trending_rank,
        row_number() over (
            partition by cutoff_key, category_key
            order by gain_recent desc, global_engagement desc, ping_order
        ) as category_trending_rank,
        row_number() over (
            partition by cutoff_key, creator_key order by base_score desc, ping_order
        ) as creator_base_rank
    from measured

)

select * from final
