{{ config(materialized='view') }}

with

events as (

    select * from {{ ref('int_scored_events') }}

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

final as (

    select
        events.event_id,
        users.user_id,
        pings.ping_id,
        events.event_type,
        events.event_timestamp,
        events.watch_time_sec,
        events.duration_sec,
        events.watch_time_ratio,
        events.event_score
    from events
    inner join users on events.user_key = users.user_key
    inner join pings on events.ping_key = pings.ping_key

)

select * from final
