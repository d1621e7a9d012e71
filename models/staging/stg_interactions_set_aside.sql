{{ config(materialized='view') }}

with

interactions as (

    select * from {{ ref('base_interactions_set_aside') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

{{ typed_interactions() | trim }},

looked_up as (

    select
        *,
        coalesce(event_type in (select event_weights.event_type from event_weights), false)
            as is_known_event_type
    from typed

),

checked as (

    select
        *,
        case
            {%- for condition, reason, _ in interaction_rules() %}
            when not ({{ condition }}) then {{ reason }}
            {%- endfor %}
        end as reject_reason
    from looked_up

),

final as (

    select
        event_id,
        user_id,
        ping_id,
        event_type,
        event_timestamp,
        watch_time_sec,
        is_watch_time_sec_nulled,
        is_after_as_of,
        {{ intake_outcome('is_after_as_of', 'reject_reason') }} as outcome,
        reject_reason,
        event_hash,
        raw_row
    from checked

)

select * from final
