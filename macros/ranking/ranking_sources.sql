{# The names of the candidate sources: each has a model int_ranking_source_<name> and a column <name>_rank of the candidates.
   two_tower is one where two_tower_enabled; its column is null otherwise. No arguments. #}
{% macro ranking_sources() %}
    {% set sources = ['heuristic', 'popular', 'trending', 'topic', 'creator', 'covisitation'] %}
    {{ return(sources + (['two_tower'] if var('two_tower_enabled') else [])) }}
{% endmacro %}
