{# A bound of the 95 % interval of a rate that counts some of all (Wilson 1927): double, 0 to 1; null where there are none. Unlike the
   usual interval it holds for few, and for rates of 0 and 1.

   numerator, denominator: expressions of counts. side: low or high. #}
{% macro wilson(numerator, denominator, side) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set n = 'cast(' ~ numerator ~ ' as ' ~ type_double() ~ ')' -%}
    {%- set d = 'cast(' ~ denominator ~ ' as ' ~ type_double() ~ ')' -%}
    case
        when {{ denominator }} > 0
            then {{ 'greatest(0, ' if side == 'low' else 'least(1, ' }}(
                {{ n }} + {{ z * z / 2 }} {{ '-' if side == 'low' else '+' }} {{ z }} * sqrt(
                    greatest(0, {{ n }} * ({{ d }} - {{ n }}) / {{ d }}) + {{ z * z / 4 }}
                )
            ) / ({{ d }} + {{ z * z }}))
    end
{%- endmacro %}
