{# A sum of doubles that does not depend on the order of the rows, so that every run, engine and number of threads
   gives the same last digit and equal scores stay equal: each value is rounded to 1e-12 and added as a decimal.

   value: the expression to sum. Values of 1e15 and more, which no decimal holds with 12 digits, are added as doubles.
   with_giants: false leaves those out, for a sum over so many groups that looking for them in each costs as much as the
   sum; they must then be added apart. #}
{% macro exact_sum(value, with_giants=true) -%}
    (
        coalesce(cast(sum(
            case when abs({{ value }}) < 1e15 then {{ double_as_decimal(value) }} end
        ) as {{ type_double() }}), 0)
        {%- if with_giants %}
        + coalesce(sum(case when abs({{ value }}) >= 1e15 then {{ value }} end), 0)
        {%- endif %}
    )
{%- endmacro %}
