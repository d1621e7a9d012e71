{# The size of a change of a metric in a sentence, without its sign: 3.1 points of a rate, else a number with the decimals of scale.

   change, is_rate, scale: expressions. unit: whether the word is said. #}
{% macro change_size(change, is_rate, scale, unit=true) -%}
    case
        when {{ is_rate }} then concat({{ decimal_text('100 * (' ~ change ~ ')', '10') }}{% if unit %}, ' points'{% endif %})
        else {{ decimal_text(change, scale) }}
    end
{%- endmacro %}
