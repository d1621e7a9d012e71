with

ping_scores as (

    select * from {{ ref('int_ping_scores') }}
    where is_in_catalogue

),

parts as (

    select
        cutoff_key,
        ping_key,
        ping_order,
        category_key,
        creator_key,
        {{ var('weight_popularity') }} * popularity as popularity_part,
        {{ var('weight_freshness') }} * freshness as freshness_part
    from ping_scores

),

based as (

    select
        *,
        {{ base_score('popularity_part', 'freshness_part') }} as base_score
    from parts

),

ranked as (

    select
        *,
        row_number() over (
            partition by cutoff_key order by base_score desc, ping_order
        ) as overall_rank,
        row_number() over (
            partition by cutoff_key, category_key order by base_score desc, ping_order
        ) as category_rank,
        row_number() over (
            partition by cutoff_key, creator_key, category_key order by base_score desc, ping_order
        ) as cell_rank
    from based

),

final as (

    select
        *,
        {{ rank_tier('category_rank') }} as category_tier,
        {{ rank_tier('cell_rank') }} as cell_tier
    from ranked

)

select * from final
