-- A view: events are stored once, as they happened; what their types mean is looked up.
{{ config(materialized='view') }}

with

interactions as (

    select * from {{ ref('int_interactions') }}
    where outcome = 'accepted'

),

exposure_events as (

    select * from {{ ref('int_exposure_events') }}
    where not is_after_as_of

),

date_bound as (
    {{ date_bound('event_timestamp') }}
),

event_weights as (

    select
        event_type_key,
        {{ is_event_type('weights', 'impression') }} as is_impression,
        {{ is_event_type('weights', 'view') }} as is_view,
        is_engagement
    from {{ ref('stg_event_weights') }} as weights

),

events as (

    select
        event_id,
        user_key,
        ping_key,
        event_type_key,
        event_timestamp,
        watch_time_sec,
        loaded_at
    from interactions
    union all
    select
        cast(null as {{ dbt.type_string() }}) as event_id,
        user_key,
        ping_key,
        event_type_key,
        event_timestamp,
        watch_time_sec,
        loaded_at
    from exposure_events

),

final as (

    select
        events.event_id,
        events.user_key,
        events.ping_key,
        events.event_type_key,
        event_weights.is_impression,
        event_weights.is_view,
        event_weights.is_engagement,
        events.event_timestamp,
        events.watch_time_sec,
        events.loaded_at
    from events
    inner join event_weights on events.event_type_key = event_weights.event_type_key
    cross join date_bound
    where not {{ is_of_the_future('events.event_timestamp') }}

)

select * from final
