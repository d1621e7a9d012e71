{{ config(tags=['hourly']) }}

with

users as (

    select * from {{ ref('int_users') }}

),

activity as (

    select * from {{ ref('int_user_activity') }}

),

user_regions as (

    select * from {{ ref('int_user_regions') }}

),

final as (

    select
        users.user_id,
        users.country,
        user_regions.region,
        activity.n_affinity_events
    from users
    inner join activity on users.user_key = activity.user_key
    inner join user_regions on users.user_key = user_regions.user_key

)

select * from final
