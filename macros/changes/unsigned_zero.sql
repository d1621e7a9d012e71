{# A number of which zero has no sign: 0.0 times something below 0 is -0.0, which is equal to it, but is neither written nor stored alike.

   value: an expression. #}
{% macro unsigned_zero(value) -%}
    case when {{ value }} = 0 then cast(0 as {{ type_double() }}) else {{ value }} end
{%- endmacro %}
