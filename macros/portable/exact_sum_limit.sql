{# The size from which on exact_sum adds a value as a double: no decimal holds it with 12 digits after the point. #}
{% macro exact_sum_limit() -%}
    1e15
{%- endmacro %}
