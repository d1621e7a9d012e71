with

segment_events as (

    select * from {{ ref('int_event_windows') }}

),

segment_impressions as (

    select * from {{ ref('int_impression_windows') }}

),

users as (

    select * from {{ ref('int_users') }}

),

recommendations as (

    select * from {{ ref('int_served_recommendations') }}

),

pings as (

    select * from {{ ref('int_pings') }}
    where is_in_catalogue

),

segment_cohorts as (
    {{ segment_cohorts() }}
),

time_windows as (
    {{ time_windows() }}
),

log_span as (
    {{ log_span() }}
),

segments as (

    select distinct segment from segment_cohorts

),

rows_to_fill as (

    select
        segments.segment,
        time_windows.time_window,
        case
            when time_windows.up_to_days is null then true
            else coalesce(log_span.first_event_timestamp <= {{ add_days(
                'log_span.newest_event_timestamp', '-time_windows.up_to_days'
            ) }}, false)
        end as is_complete
    from segments
    cross join time_windows
    cross join log_span
    where time_windows.after_days < 0

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
            as item_coverage,
        rows_to_fill.is_complete
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
