{# A value on the scale that days are compared on, where noise is alike whatever the value: the logarithm of counts and ratios, which
   grow and shrink by factors; the angle whose squared sine is a share, on which 0 of many is as far from a few as chance makes it.

   numerator, denominator: expressions; there is a column `unit`. #}
{% macro alert_scaled(numerator, denominator) -%}
    {{ alert_by_unit(
        'ln(' ~ numerator ~ ' + 0.5)',
        'asin(sqrt(least(coalesce(' ~ safe_divide(numerator, denominator) ~ ', 0), 1)))',
        'ln((' ~ numerator ~ ' + 0.5) / (' ~ denominator ~ ' + 0.5))',
    ) }}
{%- endmacro %}
