-- A view: the intake's tables are counts and parts of it.
{{ config(materialized='view') }}

with

{% set logs = ['interactions', 'exposures'] -%}
{% for table in raw_table_names() if table not in logs -%}
{{ table }} as (

    select * from {{ ref('stg_' ~ table) }}

),

{% endfor -%}
{% for table in logs -%}
{{ table }} as (

    select * from {{ ref('int_' ~ table) }}

),

{% endfor -%}
final as (
    {% for table in raw_table_names() %}
    select
        '{{ table }}' as source_table,
        {{ 'file_number' if table in logs else '0 as file_number' }},
        outcome,
        case when outcome = 'rejected' then reject_reason end as reject_reason,
        raw_row
    from {{ table }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from final
