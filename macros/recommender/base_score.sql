{# What popularity and freshness add up to. It is rounded, so that two different base scores still differ after the same affinity parts
   are added to both: the order by base score is then the order by score, to the last digit.

   popularity_part, freshness_part: expressions. #}
{% macro base_score(popularity_part, freshness_part) -%}
    floor(({{ popularity_part }} + {{ freshness_part }}) * 1e12 + 0.5) / 1e12
{%- endmacro %}
