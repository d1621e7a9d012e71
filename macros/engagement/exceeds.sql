{# Whether a number is above a threshold, where both are taken to 9 digits, as in `reaches`: a boolean expression, null for null.

   value: an expression. threshold: a number. #}
{% macro exceeds(value, threshold) -%}
    {{ value }} - {{ half_of_9th_digit() }} > {{ threshold }}
{%- endmacro %}
