{# Days from 2000-01-01 to a day, as an integer: two days are of one weekday where their numbers differ by a multiple of 7, on
   every engine. value: an expression of type date. #}
{% macro day_number(value) -%}
    cast(floor({{ elapsed_seconds("cast('2000-01-01' as timestamp)", 'cast(' ~ value ~ ' as timestamp)') }} / 86400 + 0.5) as integer)
{%- endmacro %}
