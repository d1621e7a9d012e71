{# A double rounded to 12 digits after the point, as a decimal. value: an expression, below 1e15 in size. #}
{% macro double_as_decimal(value) -%}
    {{ adapter.dispatch('double_as_decimal', 'pingtop')(value) }}
{%- endmacro %}

{% macro default__double_as_decimal(value) -%}
    cast({{ value }} as decimal(38, 12))
{%- endmacro %}

{% macro postgres__double_as_decimal(value) -%}
    {#- PostgreSQL's own cast keeps 15 digits of a double; its text has all of them -#}
    cast(cast({{ value }} as text) as decimal(38, 12))
{%- endmacro %}
