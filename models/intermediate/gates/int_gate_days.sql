-- Which day can be judged is told by the log, as nothing reads the clock. Where files hold a day
-- each, the newest such day, however little of it came: a file that was cut off ends early, as an
-- unfinished day does. Else the last day that is over, or nearly.
{%- set nearly_a_day = 13 -%}
{%- set hour_of_the_end = 20 %}

with

cohort_days as (

    select * from {{ ref('int_cohort_days') }}

),

files as (

    select * from {{ ref('int_gate_files') }}

),

log_end as (
    {{ log_end() }}
),

days_before as (
    {{ number_rows(8) }}
),

log_days as (

    select
        event_date,
        sum(n_events) as n_events,
        sum(views) as views,
        sum(watched_through_views) as watched_through_views,
        sum(impressions) as impressions,
        sum(engagements) as engagements
    from cohort_days
    group by event_date

),

file_days as (

    select
        main_date,
        max(main_date_hours) as hours
    from files
    where main_date is not null
    group by main_date

),

newest_file_day as (

    select max(main_date) as main_date
    from file_days

),

whole_file_days as (

    select
        newest_file_day.main_date,
        count(file_days.main_date) as n_days
    from newest_file_day
    left join file_days
        on
            newest_file_day.main_date > file_days.main_date
            and file_days.main_date
            >= {{ add_days('cast(newest_file_day.main_date as timestamp)', -7) }}
            and file_days.hours >= {{ nearly_a_day }}
    group by newest_file_day.main_date

),

judged as (

    select
        cast(log_end.first_event_timestamp as date) as first_date,
        case
            when whole_file_days.n_days >= {{ var('gate_least_days') }}
                then whole_file_days.main_date
            when
                cast(log_end.newest_event_timestamp as date) = log_end.newest_date
                and {{ elapsed_seconds(
                    'cast(log_end.newest_date as timestamp)', 'log_end.newest_event_timestamp'
                ) }} >= 3600 * {{ hour_of_the_end }}
                then log_end.newest_date
            else
                cast({{ add_days('cast(log_end.newest_date as timestamp)', -1) }} as date)
        end as judged_date
    from log_end
    cross join whole_file_days

),

dated as (

    select
        days_before.n as days_before,
        judged.first_date,
        cast({{ add_days('cast(judged.judged_date as timestamp)', '0 - days_before.n') }} as date)
            as event_date
    from judged
    cross join days_before

),

final as (

    select
        dated.days_before,
        dated.event_date,
        {%- for name in [
            'n_events', 'views', 'watched_through_views', 'impressions', 'engagements'
        ] %}
        cast(coalesce(log_days.{{ name }}, 0) as bigint) as {{ name }},
        {%- endfor %}
        {{ safe_divide('log_days.watched_through_views', 'log_days.views') }}
            as watch_through_rate,
        {{ safe_divide('log_days.engagements', 'log_days.impressions') }}
            as engagement_per_impression
    from dated
    left join log_days on dated.event_date = log_days.event_date
    where dated.event_date >= dated.first_date

)

select * from final
