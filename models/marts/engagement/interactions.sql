{{ config(materialized='view') }}

with

events as (

    select * from {{ ref('int_events') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

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
        event_weights.event_type,
        events.event_timestamp,
        events.watch_time_sec,
        pings.duration_sec,
        events.watch_time_ratio,
        events.event_score
    from events
    inner join event_weights on events.event_type_key = event_weights.event_type_key
    inner join users on events.user_key = users.user_key
    inner join pings on events.ping_key = pings.ping_key

)

select * from final
