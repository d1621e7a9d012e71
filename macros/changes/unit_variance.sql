{# The variance of a metric's value when what varies is its users, or its pings: the sum of the squares of what each one's numerator is
   apart from the value times its denominator, divided by the square of the whole denominator (the linearised variance of a ratio).

   totals: a CTE with the columns of int_change_totals. unit: user or ping. side: before or after. #}
{% macro unit_variance(totals, unit, side) -%}
    {%- set value = totals ~ '.value_' ~ side -%}
    {%- set double = type_double() -%}
    (
        greatest(
            {{ totals }}.{{ unit }}_squares_{{ side }}
            - 2 * {{ value }} * {{ totals }}.{{ unit }}_products_{{ side }}
            + {{ value }} * {{ value }} * {{ totals }}.{{ unit }}_denominator_squares_{{ side }},
            0
        ) / (cast({{ totals }}.denominator_{{ side }} as {{ double }}) * {{ totals }}.denominator_{{ side }})
    )
{%- endmacro %}
