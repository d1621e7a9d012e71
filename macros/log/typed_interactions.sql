{# Raw interactions, cleaned and typed: the CTEs up to `typed`, one row per raw row.

   Needs the CTE interactions (of the shape of raw_rows) beside it. #}
{% macro typed_interactions() %}
cleaned as (

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

typed as (

    select
        *,
        case
            when watch_time_sec is null and raw_watch_time_sec is not null
                then {{ is_present('raw_watch_time_sec') }}
            else false
        end as is_watch_time_sec_nulled,
        {{ is_after_as_of('event_timestamp') }} as is_after_as_of,
        {{ event_hash(
            'event_id', 'user_id', 'ping_id', 'event_type', 'event_timestamp', 'watch_time_sec'
        ) }} as event_hash
    from cleaned

)
{% endmacro %}
