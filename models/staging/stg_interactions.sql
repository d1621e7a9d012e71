{{ config(materialized='view') }}

with

interactions as (

    select * from {{ ref('base_interactions') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

typed as (

    select
        raw_row,
        row_problem,
        watch_time_sec as raw_watch_time_sec,
        {{ clean_text('event_id') }} as event_id,
        {{ clean_text('user_id') }} as user_id,
        {{ clean_text('ping_id') }} as ping_id,
        {{ clean_text('event_type') }} as event_type,
        {{ safe_double('watch_time_sec') }} as watch_time_sec,
        {{ safe_timestamp('event_timestamp') }} as event_timestamp
    from interactions

),

checked as (

    select
        *,
        case
            when row_problem is not null then row_problem
            when user_id is null or ping_id is null then 'missing id'
            when
                event_type is null
                or event_type not in (select event_weights.event_type from event_weights)
                then 'unknown event type'
            when event_timestamp is null then 'unparseable or missing event timestamp'
            when watch_time_sec < 0 or not {{ is_finite('watch_time_sec') }}
                then 'negative or non-finite watch time'
        end as row_reject_reason,
        {{ is_after_as_of('event_timestamp') }} as is_after_as_of
    from typed

),

final as (

    select
        event_id,
        user_id,
        ping_id,
        event_type,
        event_timestamp,
        watch_time_sec,
        case when watch_time_sec is null then {{ is_present('raw_watch_time_sec') }} else false end
            as is_watch_time_sec_nulled,
        is_after_as_of,
        {{ intake_outcome('is_after_as_of', 'row_reject_reason') }} as outcome,
        row_reject_reason as reject_reason,
        case
            when event_id is not null then {{ row_hash(['event_id']) }}
            else {{ row_hash(
                ['user_id', 'ping_id', 'event_type', 'event_timestamp', 'watch_time_sec']
            ) }}
        end as event_hash,
        raw_row
    from checked

)

select * from final
