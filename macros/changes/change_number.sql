{# A value of a metric in a sentence: a rate as 52 % (4.1 % where it is below 10 %), a count per active user with the decimals of scale;
   with as many decimals as tell it from another one that it is named beside.

   value, other, is_rate, scale: expressions; other may be null. #}
{% macro change_number(value, other, is_rate, scale) -%}
    {%- set apart = 'coalesce(nullif(abs(' ~ value ~ ' - ' ~ other ~ '), 0), 1)' -%}
    case
        when not {{ is_rate }} and {{ apart }} * {{ scale }} < 0.1e0
            then {{ decimal_text(value, '(100 * ' ~ scale ~ ')') }}
        when not {{ is_rate }} and {{ apart }} * {{ scale }} < 1
            then {{ decimal_text(value, '(10 * ' ~ scale ~ ')') }}
        when not {{ is_rate }} then {{ decimal_text(value, scale) }}
        when {{ value }} < 0.0995 and {{ apart }} >= 0.001e0
            then concat({{ decimal_text('100 * ' ~ value, '10') }}, ' %')
        else {{ percent_apart(value, other) }}
    end
{%- endmacro %}
