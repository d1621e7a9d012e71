{# The own features of users or pings, a whole model: one row per row of the table, with its key, loaded_at where it is given, and a
   column per feature, user_<feature> or ping_<feature>: numbers and booleans (0 or 1) as doubles, texts as texts.

   table: users or pings. A row that arrived at or after as_of is left out: nothing was known of it then. #}
{% macro own_features(table) %}
    {%- set thing, staged = table[:-1], ref('stg_' ~ table) -%}
    {%- set columns = own_columns(table) -%}
    {%- set kinds = own_kinds(table, columns, staged) if columns else {} -%}
with

{{ table }} as (

    select * from {{ staged }}
    where
        outcome = 'accepted'
        and not {{ is_after_as_of('loaded_at') }}

),

{{ thing }}_keys as (

    select * from {{ ref('int_' ~ thing ~ '_keys') }}

),

final as (

    select
        {%- for column in columns %}
        {%- set value = table ~ '.' ~ (column.contract or 'own_' ~ column.feature) %}
        {%- set number = safe_double(value) %}
        {% if kinds[column.feature] == 'number' -%}
        case when {{ is_finite(number) }} and abs({{ number }}) < 1e15 then {{ number }} end
        {%- elif kinds[column.feature] == 'boolean' -%}
        cast(
            case
                when lower({{ value }}) in ('true', 't', 'yes') then 1
                when {{ value }} is not null then 0
            end as {{ type_double() }}
        )
        {%- else -%}
        {{ value }}
        {%- endif %} as {{ thing }}_{{ column.feature }},
        {%- endfor %}
        {{ table }}.loaded_at,
        {{ thing }}_keys.{{ thing }}_key
    from {{ table }}
    inner join {{ thing }}_keys on {{ table }}.{{ thing }}_id = {{ thing }}_keys.{{ thing }}_id

)

select * from final
{%- endmacro %}
