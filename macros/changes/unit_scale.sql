{# What a sum of squares over users, or pings, is divided by, so that it is the variance of a mean over the whole denominator: its square,
   times (n - 1) / n for n of them.

   totals: a CTE with the columns of int_change_totals. unit: user or ping. side: before or after. #}
{% macro unit_scale(totals, unit, side) -%}
    {%- set units = totals ~ '.' ~ unit ~ '_units_' ~ side -%}
    {%- set denominator = totals ~ '.denominator_' ~ side -%}
    {{ safe_divide(units ~ ' - 1', units) }} * cast({{ denominator }} as {{ type_double() }}) * {{ denominator }}
{%- endmacro %}
