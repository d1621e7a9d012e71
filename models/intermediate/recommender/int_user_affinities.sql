-- Only what the user has an event on inside the affinity window has an affinity above 0.
with

user_pings as (

    select * from {{ ref('int_cutoff_user_pings') }}

),

users as (

    select * from {{ ref('int_cutoff_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

counted as (

    select
        user_pings.cutoff_key,
        user_pings.user_key,
        pings.category_key,
        pings.creator_key,
        count(*) as n_seen_pings,
        sum(user_pings.n_affinity_events) as n_events
    from user_pings
    inner join pings on user_pings.ping_key = pings.ping_key
    group by grouping sets (
        (user_pings.cutoff_key, user_pings.user_key, pings.category_key),
        (user_pings.cutoff_key, user_pings.user_key, pings.creator_key)
    )

),

shares as (

    select
        counted.cutoff_key,
        counted.user_key,
        counted.category_key,
        counted.creator_key,
        counted.n_seen_pings,
        cast(counted.n_events as bigint) as n_events,
        {{ safe_divide('counted.n_events', 'users.n_affinity_events') }} as affinity
    from counted
    inner join users
        on
            {{ same_cutoff('counted', 'users') }}
            and counted.user_key = users.user_key
    where
        counted.n_events > 0
        and coalesce(counted.category_key, counted.creator_key) <> 0

),

final as (

    select
        *,
        case
            when category_key is not null then {{ var('weight_category') }} * affinity
            else {{ var('weight_creator') }} * affinity
        end as affinity_part
    from shares

)

select * from final
