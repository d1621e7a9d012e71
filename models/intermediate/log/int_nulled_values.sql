{%- set nulled_columns = {
    'users': ['signup_date', 'age', 'blocklist'],
    'pings': ['duration_sec', 'created_at', 'quality_score', 'region_restriction'],
    'interactions': ['watch_time_sec'],
    'exposures': ['dwell_time'] + exposure_counts() | list,
} %}
{%- if var('experiments_enabled') %}
{%- do nulled_columns.update({'experiments': ['started_at', 'ended_at']}) %}
{%- endif %}

{%- set bounded_columns = {'users': 'signup_date', 'pings': 'created_at'} %}

with

{% for name in bounded_columns.values() -%}
{{ name }}_bound as (
    {{ date_bound(name) }}
),

{% endfor -%}
{% for table in nulled_columns -%}
{{ table }} as (
    {% if table in ['interactions', 'exposures'] %}
    {{ accepted_rows(table) }}
    {% elif table in bounded_columns %}
    {%- set name = bounded_columns[table] %}
    select
        dated_rows.*,
        {{ is_of_the_future('dated_rows.' ~ name) }} as is_{{ name }}_future
    from {{ ref('stg_' ~ table) }} as dated_rows
    cross join {{ name }}_bound as date_bound
    where dated_rows.outcome = 'accepted'
    {% else %}
    select * from {{ ref('stg_' ~ table) }}
    where outcome = 'accepted'
    {% endif %}
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
    where
        is_{{ name }}_nulled
        {%- if bounded_columns.get(table) == name %}
        or is_{{ name }}_future
        {%- endif %}
    {%- if not (is_last_table and loop.last) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}

)

select * from final
