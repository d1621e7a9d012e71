{# The standard error of a metric's change, from how users vary, as if both spans had users of their own; null where a span has a single one.

   totals: a CTE with the columns of int_change_totals. #}
{% macro change_standard_error(totals) -%}
    sqrt({{ unit_variance(totals, 'user', 'before') }} + {{ unit_variance(totals, 'user', 'after') }})
{%- endmacro %}
