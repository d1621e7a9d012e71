{# The names of the candidate sources: each has a model int_ranking_source_<name> and a column <name>_rank of the candidates.
   No arguments. #}
{% macro ranking_sources() %}
    {{ return(['heuristic', 'popular', 'trending', 'topic', 'creator', 'covisitation']) }}
{% endmacro %}
