with

users as (

    select * from {{ ref('int_users') }}

),

user_pings as (

    select * from {{ ref('int_user_pings') }}

),

activity as (

    select
        user_key,
        count(*) as n_seen_pings,
        count(*) filter (where n_engagements > 0) as n_engaged_pings,
        sum(n_affinity_events) as n_affinity_events
    from user_pings
    group by user_key

),

final as (

    select
        users.user_key,
        users.cohort,
        cast(coalesce(activity.n_seen_pings, 0) as bigint) as n_seen_pings,
        cast(coalesce(activity.n_engaged_pings, 0) as bigint) as n_engaged_pings,
        cast(coalesce(activity.n_affinity_events, 0) as bigint) as n_affinity_events
    from users
    left join activity on users.user_key = activity.user_key

)

select * from final
