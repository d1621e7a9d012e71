{# The variance of a metric's value when what varies is its users, or its pings: the sum of the squares of what each one's numerator is
   apart from the value times its denominator, divided by the square of the whole denominator (the linearised variance of a ratio), times
   n / (n - 1) for n of them, as the value is of the same ones. Of a single one it is not known: null.

   totals: a CTE with the columns of int_change_totals. unit: user or ping. side: before or after. #}
{% macro unit_variance(totals, unit, side) -%}
    {%- set value = totals ~ '.value_' ~ side -%}
    {%- set of_unit = totals ~ '.' ~ unit ~ '_' -%}
    {{ safe_divide(
        'greatest(' ~ of_unit ~ 'squares_' ~ side ~ ' - 2 * ' ~ value ~ ' * ' ~ of_unit ~ 'products_' ~ side
        ~ ' + ' ~ value ~ ' * ' ~ value ~ ' * ' ~ of_unit ~ 'denominator_squares_' ~ side ~ ', 0)',
        unit_scale(totals, unit, side)
    ) }}
{%- endmacro %}
