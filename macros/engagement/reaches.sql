{# Whether a number is at least a threshold, where both are taken to 9 digits: 9.6 of 12 seconds are 0.7999999999999999 in the
   arithmetic of machines, and reach 0.8. A boolean expression, null for null. All thresholds of ratios are compared with this macro or with
   `exceeds`.

   value: an expression. threshold: a number. #}
{% macro reaches(value, threshold) -%}
    {{ value }} + {{ half_of_9th_digit() }} >= {{ threshold }}
{%- endmacro %}
