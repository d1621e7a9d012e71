{# A double rounded to 12 digits after the point, as a decimal. value: an expression, below 1e15 in size.
   digits: of the decimal in all; 18 for values below 1e6 in size, which engines add faster. #}
{% macro double_as_decimal(value, digits=38) -%}
    {{ adapter.dispatch('double_as_decimal', 'pingtop')(value, digits) }}
{%- endmacro %}

{% macro default__double_as_decimal(value, digits) -%}
    cast({{ value }} as decimal({{ digits }}, 12))
{%- endmacro %}

{% macro postgres__double_as_decimal(value, digits) -%}
    {#- PostgreSQL's own cast keeps 15 digits of a double; its text has all of them -#}
    cast(cast({{ value }} as text) as decimal({{ digits }}, 12))
{%- endmacro %}
