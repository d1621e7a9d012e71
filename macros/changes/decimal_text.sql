{# The size of a number as a text with a fixed number of decimals, halves rounded up; without its sign.

   value: an expression. scale: an expression that is 10, 100 and so on to 100000: for 1, 2 to 5 decimals. #}
{% macro decimal_text(value, scale) -%}
    {%- set scaled = 'floor(abs(' ~ value ~ ') * ' ~ scale ~ ' + 0.5)' -%}
    {%- set whole = 'floor(' ~ scaled ~ ' / ' ~ scale ~ ')' -%}
    concat(
        cast({{ whole }} as bigint),
        '.',
        right(
            concat('0000', cast({{ scaled }} - {{ whole }} * {{ scale }} as bigint)),
            case {{ scale }} when 10 then 1 when 100 then 2 when 1000 then 3 when 10000 then 4 else 5 end
        )
    )
{%- endmacro %}
