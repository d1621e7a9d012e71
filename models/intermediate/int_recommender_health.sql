with

events as (

    select * from {{ ref('int_events') }}

),

segment_impressions as (

    select * from {{ ref('int_impression_windows') }}

),

users as (

    select * from {{ ref('int_users') }}

),

recommendations as (

    select * from {{ served_recommendations() }}

),

pings as (

    select * from {{ ref('int_pings') }}
    where is_in_catalogue

),

segment_cohorts as (
    {{ segment_cohorts() }}
),

newest as (

    select max(event_timestamp) as newest_event_timestamp from events

),

window_parts as (
    {{ window_parts() }}
),

segments as (

    select distinct segment from segment_cohorts

),

time_windows as (

    select distinct time_window from window_parts

),

rows_to_fill as (

    select
        segments.segment,
        time_windows.time_window
    from segments
    cross join time_windows

),

windowed_events as (

    select
        users.cohort,
        events.event_type,
        events.watch_time_ratio,
        {{ narrowest_window('events.event_timestamp', 'newest.newest_event_timestamp') }}
            as narrowest_window
    from events
    inner join users on events.user_key = users.user_key
    cross join newest

),

-- each event is counted once: windows and segments are sums of these parts
cohort_events as (

    select
        cohort,
        narrowest_window,
        {{ event_counts('windowed_events') | trim }}
    from windowed_events
    group by cohort, narrowest_window

),

segment_events as (

    select
        segment_cohorts.segment,
        window_parts.time_window,
        sum(cohort_events.views) as views,
        sum(cohort_events.watched_through_views) as watched_through_views,
        sum(cohort_events.impressions) as impressions,
        sum(
            cohort_events.views
            + cohort_events.likes
            + cohort_events.comments
            + cohort_events.shares
        ) as engagements
    from cohort_events
    inner join segment_cohorts on cohort_events.cohort = segment_cohorts.cohort
    inner join window_parts on cohort_events.narrowest_window = window_parts.narrowest_window
    group by segment_cohorts.segment, window_parts.time_window

),

segment_coverage as (

    select
        segment_cohorts.segment,
        count(distinct recommendations.ping_key) as recommended_pings
    from recommendations
    inner join users on recommendations.user_key = users.user_key
    inner join segment_cohorts on users.cohort = segment_cohorts.cohort
    group by segment_cohorts.segment

),

catalogue as (

    select count(*) as catalogue_pings from pings

),

final as (

    select
        rows_to_fill.segment,
        rows_to_fill.time_window,
        {{ health_columns('segment_events', 'segment_impressions') | trim }},
        coalesce(segment_coverage.recommended_pings, 0) as recommended_pings,
        catalogue.catalogue_pings,
        {{ safe_divide(
            'coalesce(segment_coverage.recommended_pings, 0)', 'catalogue.catalogue_pings'
        ) }}
            as item_coverage
    from rows_to_fill
    left join segment_events
        on
            rows_to_fill.segment = segment_events.segment
            and rows_to_fill.time_window = segment_events.time_window
    left join segment_impressions
        on
            rows_to_fill.segment = segment_impressions.segment
            and rows_to_fill.time_window = segment_impressions.time_window
    left join segment_coverage on rows_to_fill.segment = segment_coverage.segment
    cross join catalogue

)

select * from final
