{%- set bounded_columns = {'users': 'signup_date', 'pings': 'created_at'} %}

with

future_rows as (

    select * from {{ ref('int_future_rows') }}

),

user_days as (

    select * from {{ ref('int_user_days') }}

),

{% for table, name in bounded_columns.items() -%}
{{ name }}_bound as (
    {{ date_bound(name) }}
),

{{ table }} as (

    select
        dated_rows.{{ name }},
        {{ is_of_the_future('dated_rows.' ~ name) }} as is_future
    from {{ ref('stg_' ~ table) }} as dated_rows
    cross join {{ name }}_bound as date_bound
    where
        dated_rows.outcome = 'accepted'
        and dated_rows.{{ name }} is not null

),

{% endfor -%}
event_counts as (

    select sum(n_events) as n_events from user_days

),

event_dates as (

    select
        count(*) as n_future,
        max(event_timestamp) as last_date
    from future_rows

),

counted as (

    select
        'interactions' as source_table,
        'event_timestamp' as column_name,
        event_dates.n_future,
        event_dates.n_future + coalesce(event_counts.n_events, 0) as n_dates,
        cast(event_dates.last_date as date) as last_day
    from event_dates
    cross join event_counts
    {%- for table, name in bounded_columns.items() %}
    union all
    select
        '{{ table }}' as source_table,
        '{{ name }}' as column_name,
        count(case when is_future then 1 end) as n_future,
        count(*) as n_dates,
        cast(max(case when is_future then {{ name }} end) as date) as last_day
    from {{ table }}
    {%- endfor %}

),

final as (

    select
        {{ warning_rows(
            "'dates in the future'", 'source_table', 'column_name', 'n_future', 'n_dates',
            'cast(last_day as ' ~ dbt.type_string() ~ ')'
        ) | trim }}
    from counted
    where n_future > 0

)

select * from final
