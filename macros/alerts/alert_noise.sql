{# The standard deviation, on the scale of alert_scaled, of a value that only chance moves: Poisson counts, or as many of n by chance.

   expected: the expected value. n: what it counts, or is a share of. There is a column `unit`. #}
{% macro alert_noise(expected, n) -%}
    {{ alert_by_unit(
        '1.0 / sqrt(greatest(' ~ expected ~ ', 1.0))',
        '0.5 / sqrt(greatest(' ~ n ~ ', 1.0))',
        'sqrt((1.0 + 1.0 / greatest(' ~ expected ~ ', 1.0 / greatest(' ~ n ~ ', 1.0))) / greatest(' ~ n ~ ', 1.0))',
    ) }}
{%- endmacro %}
