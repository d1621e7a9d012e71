with

cohort_days as (

    select * from {{ ref('int_cohort_days') }}

),

segment_impressions as (

    select * from {{ ref('int_impression_windows_previous') }}

),

events as (

    select * from {{ ref('int_events') }}

),

segment_cohorts as (
    {{ segment_cohorts() }}
),

all_time_windows as (
    {{ time_windows() }}
),

time_windows as (

    select * from all_time_windows
    where n_days is not null

),

log_span as (

    select
        min(event_timestamp) as first_event_timestamp,
        max(event_timestamp) as newest_event_timestamp
    from events

),

spans as (

    select
        time_windows.time_window,
        {{ add_days('log_span.newest_event_timestamp', '-2 * time_windows.n_days') }}
            as window_start,
        {{ add_days('log_span.newest_event_timestamp', '-time_windows.n_days') }} as window_end,
        log_span.first_event_timestamp
    from time_windows
    cross join log_span

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

segment_events as (

    select
        segment_cohorts.segment,
        time_windows.time_window,
        sum(cohort_days.views) as views,
        sum(cohort_days.watched_through_views) as watched_through_views,
        sum(cohort_days.impressions) as impressions,
        sum(
            cohort_days.views + cohort_days.likes + cohort_days.comments + cohort_days.shares
        ) as engagements
    from cohort_days
    inner join segment_cohorts on cohort_days.cohort = segment_cohorts.cohort
    inner join time_windows
        on
            cohort_days.days_before_newest > time_windows.n_days
            and cohort_days.days_before_newest <= 2 * time_windows.n_days
    group by segment_cohorts.segment, time_windows.time_window

),

final as (

    select
        rows_to_fill.segment,
        rows_to_fill.time_window,
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
