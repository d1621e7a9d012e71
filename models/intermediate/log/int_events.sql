-- A view: nearly all events stand in the log once, and need no second copy on disk.
{{ config(materialized='view') }}

with

interactions as (

    select * from {{ ref('int_interactions_keyed') }}
    where not may_be_repeated

),

repeated_events as (

    select * from {{ ref('int_repeated_events') }}

),

exposure_events as (

    select * from {{ ref('int_exposure_events_scored') }}

),

final as (
    {% for part in ['interactions', 'repeated_events', 'exposure_events'] %}
    select
        event_id,
        user_key,
        ping_key,
        event_type_key,
        event_type_key = 0 as is_impression,
        event_type_key > 0 as is_engagement,
        watch_time_ratio is not null as is_view,
        event_timestamp,
        watch_time_sec,
        watch_time_ratio,
        event_score
    from {{ part }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from final
