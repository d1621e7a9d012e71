{# An expression: the names of the sources that gave a candidate, as in "heuristic, trending".

   candidates: int_ranking_candidates as it is called in the query. #}
{% macro candidate_sources(candidates) -%}
    substring(
            {% for source in ranking_sources() -%}
            case when {{ candidates }}.{{ source }}_rank is not null then ', {{ source }}' else '' end
            {%- if not loop.last %}
            || {% endif -%}
            {% endfor %},
            3
        )
{%- endmacro %}
