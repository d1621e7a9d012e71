{{ config(partition_by=partitioned_by_date()) }}

with

interactions as (

    select * from {{ ref('stg_interactions_set_aside') }}

),

final as (

    select
        event_id,
        user_id,
        ping_id,
        event_type,
        event_timestamp,
        {%- if event_date_column('event_timestamp') %}
        {{ event_date_column('event_timestamp') }},
        {%- endif %}
        watch_time_sec,
        is_watch_time_sec_nulled,
        is_after_as_of,
        outcome,
        reject_reason,
        event_hash,
        case when not is_after_as_of then raw_row end as raw_row
    from interactions

)

select * from final
