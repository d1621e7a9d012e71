-- Equal delays are counted first, by the parts that segments and windows consist of: there are far
-- fewer of them than impressions, and they add up. The median is that of the same values, each as
-- often as it was counted.
with

impressions as (

    select * from {{ ref('int_impressions') }}

),

events as (

    select * from {{ ref('int_events') }}

),

segment_cohorts as (
    {{ segment_cohorts() }}
),

time_windows as (
    {{ time_windows() }}
),

newest as (

    select max(event_timestamp) as newest_event_timestamp from {{ ref('int_events') }}

),

windowed as (

    select
        impressions.cohort,
        impressions.seconds_to_first_engagement,
        impressions.has_view_within_24h,
        {{ days_before('impressions.event_timestamp', 'newest.newest_event_timestamp') }}
            as days_before_newest
    from impressions
    cross join newest

),

part_delays as (

    select
        cohort,
        days_before_newest,
        seconds_to_first_engagement,
        count(*) as n_impressions,
        count(*) filter (where not has_view_within_24h) as n_without_view_24h
    from windowed
    group by cohort, days_before_newest, seconds_to_first_engagement

),

delays as (

    select
        segment_cohorts.segment,
        time_windows.time_window,
        part_delays.seconds_to_first_engagement,
        sum(part_delays.n_impressions) as n_impressions,
        sum(part_delays.n_without_view_24h) as n_without_view_24h
    from part_delays
    inner join segment_cohorts on part_delays.cohort = segment_cohorts.cohort
    inner join time_windows
        on part_delays.days_before_newest <= time_windows.n_days or time_windows.n_days is null
    group by
        segment_cohorts.segment,
        time_windows.time_window,
        part_delays.seconds_to_first_engagement

),

totals as (

    select
        segment,
        time_window,
        coalesce(
            sum(case when seconds_to_first_engagement is not null then n_impressions end), 0
        ) as engaged_impressions,
        sum(n_without_view_24h) as impressions_without_view_24h
    from delays
    group by segment, time_window

),

-- a delay fills the n_impressions places up to last_place among the sorted ones
placed as (

    select
        segment,
        time_window,
        seconds_to_first_engagement,
        sum(n_impressions) over (
            partition by segment, time_window
            order by seconds_to_first_engagement
            rows between unbounded preceding and current row
        ) as last_place,
        n_impressions
    from delays
    where seconds_to_first_engagement is not null

),

-- the one or two in the middle: place n / 2 + 1/2, rounded down and up
medians as (

    select
        placed.segment,
        placed.time_window,
        min(placed.seconds_to_first_engagement)
        + (max(placed.seconds_to_first_engagement) - min(placed.seconds_to_first_engagement)) * 0.5
            as median_seconds_to_first_engagement
    from placed
    inner join totals
        on
            placed.segment = totals.segment
            and placed.time_window = totals.time_window
    where
        2 * placed.last_place >= totals.engaged_impressions
        and 2 * (placed.last_place - placed.n_impressions) <= totals.engaged_impressions
    group by placed.segment, placed.time_window

),

final as (

    select
        totals.segment,
        totals.time_window,
        cast(totals.engaged_impressions as bigint) as engaged_impressions,
        medians.median_seconds_to_first_engagement,
        cast(totals.impressions_without_view_24h as bigint) as impressions_without_view_24h
    from totals
    left join medians
        on
            totals.segment = medians.segment
            and totals.time_window = medians.time_window

)

select * from final
