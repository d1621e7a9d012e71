{{ config(tags=['hourly']) }}

with

ping_scores as (

    select * from {{ ref('int_ping_scores') }}
    where
        {{ is_serving_cutoff() }}
        and is_in_catalogue

),

pings as (

    select * from {{ ref('int_pings') }}

),

final as (

    select
        pings.ping_id,
        ping_scores.global_engagement,
        ping_scores.popularity,
        cast(ping_scores.age_days as bigint) as age_days,
        ping_scores.freshness
    from ping_scores
    inner join pings on ping_scores.ping_key = pings.ping_key

)

select * from final
