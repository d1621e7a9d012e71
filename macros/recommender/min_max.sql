{# How far a number is from the least to the most, from 0 to 1; 0 where all are equal. All three are expressions, of one alias each or
   none. #}
{% macro min_max(value, least, most) -%}
    coalesce({{ safe_divide('(' ~ value ~ ' - ' ~ least ~ ')', '(' ~ most ~ ' - ' ~ least ~ ')') }}, 0)
{%- endmacro %}
