{# Half of a unit in the ninth digit after the point, the most by which two numbers differ that are taken for equal by a threshold. #}
{% macro half_of_9th_digit() -%}
    5e-10
{%- endmacro %}
