with

ping_scores as (

    select * from {{ ref('int_ping_scores') }}
    where
        {{ is_serving_cutoff() }}
        and users_interacted > 0

),

pings as (

    select * from {{ ref('int_pings') }}

),

final as (

    select
        pings.ping_id,
        ping_scores.global_engagement,
        ping_scores.users_interacted,
        cast(row_number() over (
            order by ping_scores.global_engagement desc, ping_scores.ping_order
        ) as bigint) as engagement_rank
    from ping_scores
    inner join pings on ping_scores.ping_key = pings.ping_key

)

select * from final
