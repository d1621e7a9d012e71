with

pings as (

    select * from {{ ref('int_ranking_pings') }}

),

based as (

    select
        *,
        -- rounded as in int_ping_ranks, so that equal scores are equal here too
        floor((
            {{ var('weight_popularity') }} * popularity
            + {{ var('weight_freshness') }} * freshness
        ) * 1e12 + 0.5) / 1e12 as base_score
    from pings

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
            partition by cutoff_key order by global_engagement desc, ping_key
        ) as popular_rank,
        row_number() over (
            partition by cutoff_key order by gain_recent desc, global_engagement desc, ping_key
        ) as trending_rank,
        row_number() over (
            partition by cutoff_key order by base_score desc, ping_key
        ) as base_rank,
        row_number() over (
            partition by cutoff_key, category_key
            order by gain_recent desc, global_engagement desc, ping_key
        ) as category_trending_rank,
        row_number() over (
            partition by cutoff_key, category_key order by base_score desc, ping_key
        ) as category_base_rank,
        row_number() over (
            partition by cutoff_key, creator_key order by base_score desc, ping_key
        ) as creator_base_rank,
        row_number() over (
            partition by cutoff_key, creator_key, category_key order by base_score desc, ping_key
        ) as cell_base_rank
    from based

)

select * from final
