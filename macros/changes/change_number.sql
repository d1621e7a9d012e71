{# A value of a metric in a sentence: a rate as 52 % (4.1 % where it is below 10 %), a count per active user with the decimals of scale.

   value, is_rate, scale: expressions. #}
{% macro change_number(value, is_rate, scale) -%}
    case
        when not {{ is_rate }} then {{ decimal_text(value, scale) }}
        when {{ value }} < 0.0995 then concat({{ decimal_text('100 * ' ~ value, '10') }}, ' %')
        else {{ percent_text(value) }}
    end
{%- endmacro %}
