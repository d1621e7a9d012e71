-- A view: the intake's tables are counts and parts of it.
{{ config(materialized='view') }}

with

{% set logs = ['interactions', 'exposures'] -%}
{% for table in raw_table_names() if table not in logs -%}
{{ table }} as (

    select * from {{ ref('stg_' ~ table) }}

),

{% endfor -%}
date_bound as (
    {{ date_bound('event_timestamp') }}
),

{% for table in logs -%}
{{ table }} as (

    select
        log_rows.*,
        log_rows.outcome = 'accepted'
        and {{ is_of_the_future('log_rows.event_timestamp') }} as is_future
    from {{ ref('int_' ~ table) }} as log_rows
    cross join date_bound

),

{% endfor -%}
future_rows as (

    select * from {{ ref('int_future_rows') }}

),

final as (
    {% for table in raw_table_names() %}
    select
        '{{ table }}' as source_table,
        {{ 'file_number' if table in logs else '0 as file_number' }},
        outcome,
        case when outcome = 'rejected' then reject_reason end as reject_reason,
        raw_row
    from {{ table }}
    {%- if table in logs %}
    where not is_future
    {%- endif %}
    union all
    {%- endfor %}
    select
        source_table,
        file_number,
        'rejected' as outcome,
        'timestamp in the future' as reject_reason,
        raw_row
    from future_rows

)

select * from final
