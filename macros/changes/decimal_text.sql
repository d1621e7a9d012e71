{# The size of a number as a text with a fixed number of decimals, halves rounded up; without its sign.

   value: an expression. scale: an expression that is 10, 100 or 1000: for 1, 2 or 3 decimals. #}
{% macro decimal_text(value, scale) -%}
    {%- set scaled = 'floor(abs(' ~ value ~ ') * ' ~ scale ~ ' + 0.5)' -%}
    {%- set whole = 'floor(' ~ scaled ~ ' / ' ~ scale ~ ')' -%}
    concat(
        cast({{ whole }} as bigint),
        '.',
        right(
            concat('00', cast({{ scaled }} - {{ whole }} * {{ scale }} as bigint)),
            case {{ scale }} when 10 then 1 when 100 then 2 else 3 end
        )
    )
{%- endmacro %}
