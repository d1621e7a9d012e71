{{ config(tags=['hourly']) }}

with

ping_ranks as (

    select * from {{ ref('int_ping_ranks') }}
    where {{ is_serving_cutoff() }}

),

ping_scores as (

    select * from {{ ref('int_ping_scores') }}
    where {{ is_serving_cutoff() }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

final as (

    select
        pings.ping_id,
        pings.category,
        pings.creator_id,
        ping_ranks.base_score,
        ping_ranks.popularity_part,
        ping_ranks.freshness_part,
        {{ is_globally_popular('ping_scores.popularity') }} as is_globally_popular,
        {{ is_recent('ping_scores.freshness', 'pings.created_at') }} as is_recent
    from ping_ranks
    inner join ping_scores on ping_ranks.ping_key = ping_scores.ping_key
    inner join pings on ping_ranks.ping_key = pings.ping_key

)

select * from final
