{# Whether a double is neither infinite nor NaN; null for null. value: the expression. #}
{% macro is_finite(value) -%}
    {{ adapter.dispatch('is_finite', 'pingtop')(value) }}
{%- endmacro %}

{% macro duckdb__is_finite(value) -%}
    isfinite({{ value }})
{%- endmacro %}

{% macro default__is_finite(value) -%}
    {#- NaN is above infinity here -#}
    (
        {{ value }} > cast('-infinity' as {{ type_double() }})
        and {{ value }} < cast('infinity' as {{ type_double() }})
    )
{%- endmacro %}
