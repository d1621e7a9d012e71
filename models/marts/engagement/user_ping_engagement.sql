{{ config(materialized='view') }}

with

user_pings as (

    select * from {{ ref('int_user_pings') }}

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

final as (

    select
        users.user_id,
        pings.ping_id,
        user_pings.engagement_score,
        user_pings.n_events,
        user_pings.first_event_timestamp,
        user_pings.last_event_timestamp
    from user_pings
    inner join users on user_pings.user_key = users.user_key
    inner join pings on user_pings.ping_key = pings.ping_key

)

select * from final
