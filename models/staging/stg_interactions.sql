-- The only model that reads the raw interactions.
{{ config(database=batch_database()) }}

with

interactions as (

    select * from {{ ref('base_interactions') }}

),

typed as (

    select
        file_number,
        raw_row,
        row_problem,
        watch_time_sec as raw_watch_time_sec,
        {{ clean_text('event_id') }} as event_id,
        {{ clean_text('user_id') }} as user_id,
        {{ clean_text('ping_id') }} as ping_id,
        {{ clean_text('event_type') }} as event_type,
        {{ safe_double('watch_time_sec') }} as watch_time_sec,
        {{ safe_timestamp('event_timestamp') }} as event_timestamp,
        {{ safe_timestamp('loaded_at') }} as loaded_at
    from interactions

),

final as (

    select
        file_number,
        event_id,
        user_id,
        ping_id,
        event_type,
        event_timestamp,
        watch_time_sec,
        case
            when watch_time_sec is null and raw_watch_time_sec is not null
                then {{ is_present('raw_watch_time_sec') }}
            else false
        end as is_watch_time_sec_nulled,
        loaded_at,
        row_problem,
        raw_row
    from typed

)

select * from final
