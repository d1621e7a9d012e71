{# When the log ends, as the gates take it: a query of one row, with first_event_timestamp, newest_date and newest_event_timestamp.

   A clock that runs ahead dates a few events beyond the end, and the day of these is no day of the log: newest_date is the
   newest day that has at least 1 % of the events of a mean one. Where later days are left out, the hour at which
   it ends is not known, and newest_event_timestamp is the end of that day. #}
{% macro log_end() -%}
    select
        spans.first_event_timestamp,
        ends.newest_date,
        case
            when cast(spans.newest_event_timestamp as date) > ends.newest_date
                then {{ add_days('cast(ends.newest_date as timestamp)', 1) }}
            else spans.newest_event_timestamp
        end as newest_event_timestamp
    from (
        {{ log_span() }}
    ) as spans
    cross join (
        select max(log_days.event_date) as newest_date
        from (
            select
                event_date,
                sum(n_events) as n_events
            from {{ ref('int_cohort_days') }}
            group by event_date
        ) as log_days
        cross join (
            select cast(sum(n_events) as {{ type_double() }}) / count(distinct event_date) as n_events
            from {{ ref('int_cohort_days') }}
        ) as mean_days
        where log_days.n_events >= 0.01 * mean_days.n_events
    ) as ends
{%- endmacro %}
