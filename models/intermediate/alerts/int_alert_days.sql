-- A day without events is one, too, up to a week after the last one with events: then the log
-- pauses, and nobody expects anything.
{%- set days_of_silence = 7 %}

with

cohort_days as (

    select * from {{ ref('int_cohort_days') }}

),

log_end as (
    {{ log_end() }}
),

days_later as (
    {{ number_rows(days_of_silence + 1) }}
),

dated as (

    select distinct
        cast(
            {{ add_days('cast(cohort_days.event_date as timestamp)', 'days_later.n') }} as date
        ) as event_date
    from cohort_days
    cross join days_later

),

final as (

    select
        dated.event_date,
        {{ day_number('dated.event_date') }} as day_number,
        {{ day_number('log_end.whole_date') }} as judged_day_number
    from dated
    cross join log_end
    where dated.event_date <= log_end.newest_date

)

select * from final
