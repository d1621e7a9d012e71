{#- metric: [(segment, numerator, denominator)]; a count has no denominator -#}
{%- set measured = {
    'watch_through_rate': [('all', 'n_watched_through', 'views')],
    'engagement_per_impression': [('all', 'engagements', 'impressions')],
    'no_view_24h_rate': [('all', 'n_without_view', 'n_impressions')],
    'events': [('all', 'n_events', 'null')],
    'active_users': [('all', 'active_users', 'null')],
    'late_share': [('all', 'n_late', 'n_with_arrival')],
    'null_share': [
        ('watch_time_sec', 'n_without_watch_time', 'views'),
        ('dwell_time', 'n_without_dwell_time', 'n_exposures'),
        ('event_id', 'n_without_event_id', 'n_events'),
        ('loaded_at', 'n_without_loaded_at', 'n_events'),
    ],
    'views_above_length_share': [('all', 'n_above_length', 'views')],
    'views_of_zero_share': [('all', 'n_of_zero', 'views')],
    'busiest_second_share': [('all', 'most_in_a_second', 'n_events')],
    'busiest_user_share': [('all', 'most_of_a_user', 'n_events')],
} -%}
{%- set attributes = {
    'users': ['country', 'region', 'signup_date', 'age'],
    'pings': ['category', 'creator_id', 'main_hashtag', 'created_at', 'duration_sec'],
} -%}
{%- for table, names in attributes.items() -%}
{%- for name in names -%}
{%- do measured['null_share'].append((table ~ '.' ~ name, 'n_without_' ~ name, 'n_events')) -%}
{%- endfor -%}
{%- endfor -%}

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
            {%- for segment, numerator, denominator in segments if denominator != 'null' %}
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
