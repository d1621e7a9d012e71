-- Rows, since which columns there are is said by variables.
with

{% for table in ['users', 'pings'] -%}
{% set thing = table[:-1] -%}
{{ table }} as (

    select
        own.*,
        serving.{{ thing }}_id
    from {{ ref('int_own_' ~ thing ~ '_features') }} as own
    inner join {{ ref('int_' ~ table) }} as known on own.{{ thing }}_key = known.{{ thing }}_key
    inner join {{ ref('ranking_serving_' ~ table) }} as serving
        on known.{{ thing }}_id = serving.{{ thing }}_id

),

{% endfor -%}
final as (

    {% for table in ['users', 'pings'] -%}
    {% set thing, columns, staged = table[:-1], own_columns(table), ref('stg_' ~ table) -%}
    {% set kinds = own_kinds(table, columns, staged) if columns else {} -%}
    -- no row, but the types
    select
        cast(null as {{ dbt.type_string() }}) as kind,
        cast(null as {{ dbt.type_string() }}) as id,
        cast(null as {{ dbt.type_string() }}) as feature,
        cast(null as {{ type_double() }}) as number_value,
        cast(null as {{ dbt.type_string() }}) as text_value
    from {{ table }}
    where false
    {%- for column in columns %}
    {%- set name, is_text = thing ~ '_' ~ column.feature, kinds[column.feature] == 'text' %}
    union all
    select
        '{{ thing }}' as kind,
        {{ thing }}_id as id,
        'own_{{ name }}' as feature,
        {{ 'null' if is_text else name }} as number_value,
        {{ name if is_text else 'null' }} as text_value
    from {{ table }}
    where {{ name }} is not null
    {%- endfor %}
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor %}

)

select * from final
