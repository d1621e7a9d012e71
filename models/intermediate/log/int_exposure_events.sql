-- A view: the events are stored once, with keys and scores, in int_exposure_events_scored.
{{ config(materialized='view') }}

with

exposures as (

    select * from {{ ref('stg_exposures') }}
    where is_exposure

),

digits as (
    {{ number_rows(10) }}
),

-- 1 to 999: the numbers of the second and later events of one count
repeats as (

    select hundreds.n * 100 + tens.n * 10 + ones.n as repeat_number
    from digits as hundreds
    cross join digits as tens
    cross join digits as ones
    where hundreds.n + tens.n + ones.n > 0

),

counted as (

    select
        user_id,
        ping_id,
        'impression' as event_type,
        event_timestamp,
        cast(null as {{ type_double() }}) as watch_time_sec,
        is_after_as_of,
        1 as event_count
    from exposures
    union all
    select
        user_id,
        ping_id,
        'view' as event_type,
        event_timestamp,
        dwell_time as watch_time_sec,
        is_after_as_of,
        1 as event_count
    from exposures
    where dwell_time > 0
    {%- for name, event_type in exposure_counts().items() %}
    union all
    select
        user_id,
        ping_id,
        '{{ event_type }}' as event_type,
        event_timestamp,
        cast(null as {{ type_double() }}) as watch_time_sec,
        is_after_as_of,
        {{ name }}_count as event_count
    from exposures
    where {{ name }}_count > 0
    {%- endfor %}

),

final as (

    select
        user_id,
        ping_id,
        event_type,
        event_timestamp,
        watch_time_sec,
        is_after_as_of
    from counted
    union all
    select
        counted.user_id,
        counted.ping_id,
        counted.event_type,
        counted.event_timestamp,
        counted.watch_time_sec,
        counted.is_after_as_of
    from counted
    inner join repeats on counted.event_count > repeats.repeat_number
    where counted.event_count > 1

)

select * from final
