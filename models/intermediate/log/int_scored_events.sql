-- A view: lengths and weights are looked up, so that another one touches no stored event.
{{ config(materialized='view') }}

with

events as (

    select * from {{ ref('int_events') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

take_backs as (

    select * from {{ ref('int_take_backs') }}

),

measured as (

    select
        events.*,
        event_weights.event_type,
        event_weights.weight,
        event_weights.weight_basis,
        pings.duration_sec,
        coalesce(take_backs.score, 0) as taken_back_score,
        {{ watch_time_ratio(
            'events.is_view', 'events.watch_time_sec', 'pings.duration_sec'
        ) }} as watch_time_ratio
    from events
    inner join pings on events.ping_key = pings.ping_key
    inner join event_weights on events.event_type_key = event_weights.event_type_key
    left join take_backs
        on
            events.user_key = take_backs.user_key
            and events.ping_key = take_backs.ping_key
            and events.event_type_key = take_backs.event_type_key
            and events.event_timestamp = take_backs.event_timestamp

),

final as (

    select
        event_id,
        user_key,
        ping_key,
        event_type_key,
        event_type,
        is_impression,
        is_view,
        is_engagement,
        event_timestamp,
        loaded_at,
        watch_time_sec,
        duration_sec,
        watch_time_ratio,
        {{ event_score('weight', 'weight_basis', 'watch_time_ratio') }} + taken_back_score
            as event_score
    from measured

)

select * from final
