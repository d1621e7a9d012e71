{# A sum of doubles that does not depend on the order of the rows, so that every run, engine and number of threads
   gives the same last digit and equal scores stay equal: each value is rounded to 1e-12 and added as a decimal.

   value: the expression to sum. Values of exact_sum_limit and more are added as doubles.
   with_giants: false leaves those out, for a sum over so many groups that looking for them in each costs as much as the
   sum; they must then be added apart. frame: the name of a window to sum over, instead of a group. #}
{% macro exact_sum(value, with_giants=true, frame=none) -%}
    {%- set over = ' over ' ~ frame if frame else '' -%}
    (
        coalesce(cast(sum(
            case when abs({{ value }}) < {{ exact_sum_limit() }} then {{ double_as_decimal(value) }} end
        ){{ over }} as {{ type_double() }}), 0)
        {%- if with_giants %}
        + coalesce(sum(case when abs({{ value }}) >= {{ exact_sum_limit() }} then {{ value }} end){{ over }}, 0)
        {%- endif %}
    )
{%- endmacro %}
