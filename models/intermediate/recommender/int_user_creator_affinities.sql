with

user_pings as (

    select * from {{ ref('int_user_pings') }}

),

pings as (

    select * from {{ ref('int_pings') }}
    where creator_key <> 0

),

user_activity as (

    select * from {{ ref('int_user_activity') }}

),

counted as (

    select
        user_pings.user_key,
        pings.creator_key,
        count(*) as n_seen_pings,
        sum(user_pings.n_affinity_events) as n_events
    from user_pings
    inner join pings on user_pings.ping_key = pings.ping_key
    group by user_pings.user_key, pings.creator_key

),

final as (

    select
        counted.user_key,
        counted.creator_key,
        counted.n_seen_pings,
        cast(counted.n_events as bigint) as n_events,
        {{ safe_divide('counted.n_events', 'user_activity.n_affinity_events') }} as affinity,
        {{ affinity_part('creator', 'counted.n_events', 'user_activity.n_affinity_events') }}
            as affinity_part
    from counted
    inner join user_activity on counted.user_key = user_activity.user_key
    where counted.n_events > 0

)

select * from final
