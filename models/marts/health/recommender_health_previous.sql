with

segment_events as (

    select * from {{ ref('int_event_windows') }}

),

segment_impressions as (

    select * from {{ ref('int_impression_windows') }}

),

log_span as (
    {{ log_span() }}
),

segment_cohorts as (
    {{ segment_cohorts() }}
),

time_windows as (
    {{ time_windows() }}
),

spans as (

    select
        time_windows.time_window,
        {{ add_days('log_span.newest_event_timestamp', '-time_windows.up_to_days') }}
            as window_start,
        {{ add_days('log_span.newest_event_timestamp', '-time_windows.after_days') }} as window_end,
        log_span.first_event_timestamp
    from time_windows
    cross join log_span
    where time_windows.after_days > 0

),

rows_to_fill as (

    select distinct
        segment_cohorts.segment,
        spans.time_window,
        spans.window_start,
        spans.window_end,
        coalesce(spans.first_event_timestamp <= spans.window_start, false) as is_complete
    from segment_cohorts
    cross join spans

),

final as (

    select
        rows_to_fill.segment,
        replace(rows_to_fill.time_window, 'previous ', '') as time_window,
        rows_to_fill.window_start,
        rows_to_fill.window_end,
        rows_to_fill.is_complete,
        {{ health_columns('segment_events', 'segment_impressions') | trim }}
    from rows_to_fill
    left join segment_events
        on
            rows_to_fill.segment = segment_events.segment
            and rows_to_fill.time_window = segment_events.time_window
    left join segment_impressions
        on
            rows_to_fill.segment = segment_impressions.segment
            and rows_to_fill.time_window = segment_impressions.time_window

)

select * from final
