{# The heuristic score from its parts, always added up in this order: equal parts give equal last digits.

   base_score, category_part, creator_part, declared_part: expressions; missing affinities are 0. #}
{% macro heuristic_score(base_score, category_part, creator_part, declared_part) -%}
    ({{ base_score }} + coalesce({{ category_part }}, 0) + coalesce({{ creator_part }}, 0) + coalesce({{ declared_part }}, 0))
{%- endmacro %}
