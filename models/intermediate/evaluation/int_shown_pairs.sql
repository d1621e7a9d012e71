-- Shown is what has any held-out event of the user: a log may not have impressions.
with

holdout_interactions as (

    select * from {{ ref('holdout_interactions') }}

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}
    where is_in_catalogue

),

shown as (

    select
        user_id,
        ping_id,
        max(relevance_grade) > 0 as has_response,
        coalesce(
            max(case when watch_time_ratio is not null then watch_time_sec end), 0
        ) as watch_time_sec,
        max(duration_sec) as duration_sec
    from holdout_interactions
    group by user_id, ping_id

),

final as (

    select
        cast(0 as integer) as cutoff_key,
        shown.user_id,
        shown.ping_id,
        users.user_key,
        pings.ping_key,
        shown.has_response,
        shown.watch_time_sec,
        shown.duration_sec
    from shown
    left join users on shown.user_id = users.user_id
    left join pings on shown.ping_id = pings.ping_id

)

select * from final
