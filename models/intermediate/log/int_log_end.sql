-- No clock is read: which of its days is over, the log says itself (docs/glossary.md, "over").
{%- set hour_of_the_end = 23 %}
{%- set nearly_a_day = 13 %}

with

events as (

    select event_timestamp from {{ ref('int_events') }}

),

files as (

    select * from {{ ref('int_gate_files') }}
    where holds_a_day

),

log_span as (
    {{ log_span() }}
),

-- clocks that run ahead date a few events beyond it
agreed as (

    select max(agreed_day) as agreed_date from {{ ref('int_date_bounds') }}
    where dated = 'event_timestamp'

),

file_days as (

    select
        main_date,
        max(main_date_hours) as hours
    from files
    group by main_date

),

newest_file as (

    select max(main_date) as file_date from file_days

),

-- of the week before the newest file
days_with_a_file as (

    select count(*) as n_days
    from file_days
    cross join newest_file
    where
        file_days.main_date < newest_file.file_date
        and file_days.main_date
        >= {{ add_days('cast(newest_file.file_date as timestamp)', -7) }}
        and file_days.hours >= {{ nearly_a_day }}

),

day_ends as (

    select
        cast(events.event_timestamp as date) as event_date,
        max(events.event_timestamp) as newest_event_timestamp,
        {{ elapsed_seconds(
            'max(cast(cast(events.event_timestamp as date) as timestamp))',
            'max(events.event_timestamp)'
        ) }} >= {{ 3600 * hour_of_the_end }} as is_over
    from events
    cross join agreed
    where events.event_timestamp >= cast(agreed.agreed_date as timestamp)
    group by cast(events.event_timestamp as date)

),

-- a file that was cut off ends early, as an unfinished day does: it is judged, however short. A day
-- of few events is none of wrong clocks where whole files are of it.
judged as (

    select
        agreed.agreed_date,
        case
            when days_with_a_file.n_days >= {{ var('gate_least_days') }} then newest_file.file_date
            when newest_file.file_date > agreed.agreed_date and file_ends.is_over
                then newest_file.file_date
            when agreed_ends.is_over then agreed.agreed_date
            else cast({{ add_days('cast(agreed.agreed_date as timestamp)', -1) }} as date)
        end as whole_date
    from agreed
    cross join newest_file
    cross join days_with_a_file
    left join day_ends as agreed_ends on agreed.agreed_date = agreed_ends.event_date
    left join day_ends as file_ends on newest_file.file_date = file_ends.event_date

),

-- rewound, the day of that moment is not over, but in its last hour
rewound as (

    select
        agreed_date,
        {% set moments = [as_of(), known_as_of()] | reject('none') | list -%}
        {% if moments -%}
        least(
            whole_date,
            {% for moment in moments -%}
            {%- set midnight = 'cast(cast(' ~ moment ~ ' as date) as timestamp)' -%}
            cast({{ add_days(
                midnight,
                'case when ' ~ elapsed_seconds(midnight, moment) ~ ' >= ' ~ 3600 * hour_of_the_end
                ~ ' then 0 else -1 end'
            ) }} as date)
            {%- if not loop.last %},{% endif %}
            {% endfor -%}
        ) as whole_date
        {%- else -%}
        whole_date
        {%- endif %}
    from judged

),

ended as (

    select
        whole_date,
        case when whole_date > agreed_date then whole_date else agreed_date end as newest_date
    from rewound

),

final as (

    select
        cast(log_span.first_event_timestamp as date) as first_date,
        ended.whole_date,
        ended.newest_date,
        day_ends.newest_event_timestamp
    from ended
    cross join log_span
    left join day_ends on ended.newest_date = day_ends.event_date

)

select * from final
