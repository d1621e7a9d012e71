{%- set nulled_columns = {
    'users': ['signup_date', 'age', 'blocklist'],
    'pings': ['duration_sec', 'created_at', 'quality_score', 'region_restriction'],
    'interactions': ['watch_time_sec'],
    'exposures': ['dwell_time'] + exposure_counts() | list,
} %}
{%- if var('experiments_enabled') %}
{%- do nulled_columns.update({'experiments': ['started_at', 'ended_at']}) %}
{%- endif %}

with

{% for table in nulled_columns -%}
{{ table }} as (

    select * from {{ ref(('int_' if table in ['interactions', 'exposures'] else 'stg_') ~ table) }}
    where outcome = 'accepted'

),

{% endfor -%}
final as (
    {% for table, columns in nulled_columns.items() %}
    {%- set is_last_table = loop.last %}
    {%- for name in columns %}
    select
        '{{ table }}' as source_table,
        '{{ name }}' as column_name,
        count(*) as row_count,
        min({{ in_byte_order('raw_row') }}) as example
    from {{ table }}
    where is_{{ name }}_nulled
    {%- if not (is_last_table and loop.last) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}

)

select * from final
