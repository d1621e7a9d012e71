with

events as (

    select * from {{ ref('int_events') }}

),

impressions as (

    select * from {{ ref('int_impressions') }}

),

users as (

    select * from {{ ref('int_users') }}

),

recommendations as (

    select * from {{ ref('int_recommendations') }}

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

time_windows as (

    select
        'all' as time_window,
        cast(null as timestamp) as starts_at
    {% for days in [28, 7, 1] -%}
    union all
    select
        '{{ days }}d' as time_window,
        {{ add_days('newest_event_timestamp', -days) }} as starts_at
    from newest
    {% endfor %}
),

rows_to_fill as (

    select
        segments.segment,
        time_windows.time_window
    from (select distinct segment from segment_cohorts) as segments
    cross join time_windows

),

cohort_events as (

    select
        users.cohort,
        time_windows.time_window,
        {{ event_counts('events') | trim }}
    from events
    inner join users on events.user_key = users.user_key
    inner join time_windows
        on time_windows.starts_at is null or events.event_timestamp >= time_windows.starts_at
    group by users.cohort, time_windows.time_window

),

segment_events as (

    select
        segment_cohorts.segment,
        cohort_events.time_window,
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
    group by segment_cohorts.segment, cohort_events.time_window

),

segment_impressions as (

    select
        segment_cohorts.segment,
        time_windows.time_window,
        {{ impression_metrics('impressions') | trim }}
    from impressions
    inner join segment_cohorts on impressions.cohort = segment_cohorts.cohort
    inner join time_windows
        on time_windows.starts_at is null or impressions.event_timestamp >= time_windows.starts_at
    group by segment_cohorts.segment, time_windows.time_window

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
