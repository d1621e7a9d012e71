{# A finite or infinite 64-bit number from a text or a number; null where it is not one. value: the expression. #}
{% macro safe_double(value) -%}
    {{ adapter.dispatch('safe_double', 'pingtop')(value) }}
{%- endmacro %}

{% macro duckdb__safe_double(value) -%}
    try_cast({{ value }} as double)
{%- endmacro %}
