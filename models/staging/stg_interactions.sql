{{ config(materialized='view') }}

with

interactions as (

    select * from {{ ref('base_interactions') }}

),

{{ typed_interactions() | trim }},

-- Whether the event type is known is left to those who ask: the look-up would cost every reader.
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
        not is_after_as_of
        {%- for condition, _, kind in interaction_rules() if kind == 'values' %}
        and {{ condition }}
        {%- endfor %} as is_accepted_if_known,
        event_hash
    from typed

)

select * from final
