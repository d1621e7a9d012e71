with

impression_delays as (

    select * from {{ ref('int_impression_delays') }}

),

segment_cohorts as (
    {{ segment_cohorts() }}
),

time_windows as (
    {{ time_windows() }}
),

delays as (

    select
        segment_cohorts.segment,
        time_windows.time_window,
        impression_delays.seconds_to_first_engagement,
        sum(impression_delays.n_impressions) as n_impressions,
        sum(impression_delays.n_without_view_24h) as n_without_view_24h
    from impression_delays
    inner join segment_cohorts on impression_delays.cohort = segment_cohorts.cohort
    inner join time_windows
        on
            impression_delays.days_before_newest > time_windows.after_days
            and impression_delays.days_before_newest
            <= coalesce(time_windows.up_to_days, impression_delays.days_before_newest)
    group by
        segment_cohorts.segment,
        time_windows.time_window,
        impression_delays.seconds_to_first_engagement

),

final as (

    {{ delay_metrics('delays', 'time_window') | trim }}

)

select * from final
