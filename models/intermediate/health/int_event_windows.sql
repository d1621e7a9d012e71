with

cohort_days as (

    select * from {{ ref('int_cohort_days') }}

),

segment_cohorts as (
    {{ segment_cohorts() }}
),

time_windows as (
    {{ time_windows() }}
),

final as (

    select
        segment_cohorts.segment,
        time_windows.time_window,
        sum(cohort_days.views) as views,
        sum(cohort_days.watched_through_views) as watched_through_views,
        sum(cohort_days.impressions) as impressions,
        sum(cohort_days.engagements) as engagements
    from cohort_days
    inner join segment_cohorts on cohort_days.cohort = segment_cohorts.cohort
    inner join time_windows
        on
            cohort_days.days_before_newest > time_windows.after_days
            and cohort_days.days_before_newest
            <= coalesce(time_windows.up_to_days, cohort_days.days_before_newest)
    group by segment_cohorts.segment, time_windows.time_window

)

select * from final
