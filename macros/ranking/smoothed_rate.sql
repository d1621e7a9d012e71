{# A rate that few observations pull to the mean: as if there had been more of them, at the mean.

   numerator, denominator, mean: expressions; a missing mean counts as 0. strength: that many more observations. #}
{% macro smoothed_rate(numerator, denominator, mean, strength=10) -%}
    ({{ numerator }} + {{ strength }} * coalesce({{ mean }}, 0)) / ({{ denominator }} + {{ strength }})
{%- endmacro %}
