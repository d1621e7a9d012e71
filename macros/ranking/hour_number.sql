{# Whole hours from 1970 to a timestamp, rounded down, as an integer. value: a timestamp expression. #}
{% macro hour_number(value) -%}
    cast(floor({{ elapsed_seconds("timestamp '1970-01-01 00:00:00'", value) }} / 3600) as bigint)
{%- endmacro %}
