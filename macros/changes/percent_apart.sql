{# A share in a sentence, as whole percent; with as many decimals as tell it from another one that it is named beside.

   share, other: expressions; other may be null. #}
{% macro percent_apart(share, other) -%}
    {%- set apart = 'abs(' ~ share ~ ' - ' ~ other ~ ')' -%}
    case
        when {{ apart }} = 0 then {{ percent_text(share) }}
        {%- for least, scale in [('0.0001e0', '1000'), ('0.001e0', '100'), ('0.01e0', '10')] %}
        when {{ apart }} < {{ least }} then concat({{ decimal_text('100 * ' ~ share, scale) }}, ' %')
        {%- endfor %}
        else {{ percent_text(share) }}
    end
{%- endmacro %}
