{%- set measured = alert_measures() %}

with

facts as (

    select * from {{ ref('int_alert_facts') }}

),

days as (

    select * from {{ ref('int_alert_days') }}

),

events as (

    select * from {{ ref('int_alert_events') }}

),

arrivals as (

    select * from {{ ref('int_alert_arrivals') }}
    where reject_reason is not null

),

series as (
    {% for metric, segments in measured.items() %}
    {%- set is_last_metric = loop.last %}
    {%- for segment, numerator, denominator in segments %}
    select '{{ metric }}' as metric, '{{ segment }}' as segment
    {%- if not (is_last_metric and loop.last) %} union all {%- endif %}
    {%- endfor %}
    {%- endfor %}

),

of_days as (

    select
        facts.event_date,
        series.metric,
        series.segment,
        true as is_known,
        case
            {%- for metric, segments in measured.items() %}
            {%- for segment, numerator, denominator in segments %}
            when series.metric = '{{ metric }}' and series.segment = '{{ segment }}'
                then facts.{{ numerator }}
            {%- endfor %}
            {%- endfor %}
        end as numerator,
        case
            {%- for metric, segments in measured.items() %}
            {%- for segment, numerator, denominator in segments if denominator %}
            when series.metric = '{{ metric }}' and series.segment = '{{ segment }}'
                then facts.{{ denominator }}
            {%- endfor %}
            {%- endfor %}
        end as denominator
    from facts
    cross join series

),

first_of_types as (

    select
        event_type,
        min(event_date) as first_date
    from events
    group by event_type

),

-- nobody expects events of a type that was never seen
of_types as (

    select
        days.event_date,
        'events' as metric,
        first_of_types.event_type as segment,
        true as is_known,
        coalesce(events.n_events, 0) as numerator,
        cast(null as bigint) as denominator
    from days
    inner join first_of_types on days.event_date >= first_of_types.first_date
    left join events
        on
            days.event_date = events.event_date
            and first_of_types.event_type = events.event_type

),

rejected as (

    select
        arrival_date,
        reject_reason,
        sum(n_rows) as n_rows
    from arrivals
    group by arrival_date, reject_reason

),

first_of_reasons as (

    select
        reject_reason,
        min(arrival_date) as first_date
    from rejected
    group by reject_reason

),

-- that nothing was rejected for a reason is to be expected, if nothing is known of the reason
of_reasons as (

    select
        facts.event_date,
        'rejected_share' as metric,
        first_of_reasons.reject_reason as segment,
        facts.event_date >= first_of_reasons.first_date as is_known,
        cast(coalesce(rejected.n_rows, 0) as bigint) as numerator,
        facts.n_rows as denominator
    from facts
    cross join first_of_reasons
    left join rejected
        on
            facts.event_date = rejected.arrival_date
            and first_of_reasons.reject_reason = rejected.reject_reason

),

final as (

    select * from of_days
    union all
    select * from of_types
    union all
    select * from of_reasons

)

select * from final
