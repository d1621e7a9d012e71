{# A table expression with one column n: the whole numbers 0 to count - 1. count: at most a few thousand. #}
{% macro number_rows(count) -%}
    {{ adapter.dispatch('number_rows', 'pingtop')(count) }}
{%- endmacro %}

{% macro default__number_rows(count) -%}
    {%- for number in range(count) %}
    select {{ number }} as n
    {%- if not loop.last %} union all {%- endif %}
    {%- endfor %}
{%- endmacro %}

{% macro spark__number_rows(count) -%}
    {#- not a union, of which each part would be a task of its own -#}
    select n
    from values {% for number in range(count) %}({{ number }}){{ ', ' if not loop.last }}{% endfor %} as numbers (n)
{%- endmacro %}
