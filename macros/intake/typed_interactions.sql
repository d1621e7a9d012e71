{# Raw interactions, typed, with what becomes of each as far as the row alone tells: the CTEs up to `final`.

   Needs the CTEs interactions (of the shape of raw_rows) and event_weights beside it. The rules are looked at twice, for
   a yes or no and for the reason, since telling the reason of millions of good rows costs far more. #}
{% macro typed_interactions() %}
{%- set rules = [
    ('row_problem is not null', 'row_problem'),
    ('user_id is null or ping_id is null', "'missing id'"),
    ('not is_known_event_type', "'unknown event type'"),
    ('event_timestamp is null', "'unparseable or missing event timestamp'"),
    (
        'coalesce(watch_time_sec < 0 or not ' ~ is_finite('watch_time_sec') ~ ', false)',
        "'negative or non-finite watch time'",
    ),
] -%}
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
        {{ is_after_as_of('event_timestamp') }} as is_after_as_of,
        not (
            {%- for condition, _ in rules %}
            ({{ condition }}){{ ' or' if not loop.last }}
            {%- endfor %}
        ) as is_row_good,
        case
            {%- for condition, reason in rules %}
            when {{ condition }} then {{ reason }}
            {%- endfor %}
        end as row_reject_reason
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
        case when watch_time_sec is null then {{ is_present('raw_watch_time_sec') }} else false end
            as is_watch_time_sec_nulled,
        is_after_as_of,
        is_row_good and not is_after_as_of as is_accepted,
        {{ intake_outcome('is_after_as_of', 'row_reject_reason') }} as outcome,
        row_reject_reason as reject_reason,
        {{ event_hash(
            'event_id', 'user_id', 'ping_id', 'event_type', 'event_timestamp', 'watch_time_sec'
        ) }} as event_hash,
        raw_row
    from checked

)
{% endmacro %}
