{# A query of one row: first_date, the first day of the log, and judged_date, the newest day that can be judged.

   Which day that is is told by the log, as nothing reads the clock. Where files hold a day each, the newest such day, however
   little of it came: a file that was cut off ends early, as an unfinished day does. Else the last day that is over, or nearly.

   hour_of_the_end: an event from this hour on says that the day is over, 0 to 23. #}
{% macro newest_whole_day(hour_of_the_end) %}
    {%- set nearly_a_day = 13 %}
    select
        cast(ends.first_event_timestamp as date) as first_date,
        case
            when file_days.n_days >= {{ var('gate_least_days') }} then file_days.newest_date
            when
                cast(ends.newest_event_timestamp as date) = ends.newest_date
                and {{ elapsed_seconds('cast(ends.newest_date as timestamp)', 'ends.newest_event_timestamp') }}
                >= 3600 * {{ hour_of_the_end }}
                then ends.newest_date
            else cast({{ add_days('cast(ends.newest_date as timestamp)', -1) }} as date)
        end as judged_date
    from (
        {{ log_end() }}
    ) as ends
    cross join (
        select
            max(newest_days.newest_date) as newest_date,
            count(day_hours.main_date) as n_days
        from (
            select max(main_date) as newest_date from {{ ref('int_gate_files') }}
        ) as newest_days
        left join (
            select main_date, max(main_date_hours) as hours
            from {{ ref('int_gate_files') }}
            where main_date is not null
            group by main_date
        ) as day_hours
            on
                newest_days.newest_date > day_hours.main_date
                and day_hours.main_date >= {{ add_days('cast(newest_days.newest_date as timestamp)', -7) }}
                and day_hours.hours >= {{ nearly_a_day }}
    ) as file_days
{% endmacro %}
