{# Stops the run where ranking_enabled, serving_strategy, ranking_classifier_split or the lists of own features cannot be used,
   alone or together. No arguments. #}
{% macro check_ranking_variables() %}
    {% if var('ranking_enabled') is not boolean %}
        {% do exceptions.raise_compiler_error(
            "The variable ranking_enabled must be true or false, but is '" ~ var('ranking_enabled')
            ~ "': correct it in dbt_project.yml or in --vars."
        ) %}
    {% endif %}
    {% if var('serving_strategy') not in ['heuristic', 'gbdt', 'neural'] %}
        {% do exceptions.raise_compiler_error(
            "The variable serving_strategy must be heuristic, gbdt or neural, but is '" ~ var('serving_strategy')
            ~ "': correct it in dbt_project.yml or in --vars."
        ) %}
    {% endif %}
    {% for name in ['ranking_user_features', 'ranking_ping_features'] %}
        {% set given = var(name) %}
        {% set is_list = given is not string and given is not mapping and given is iterable %}
        {% if given != 'all' and not (is_list and given | select('string') | list | length == given | length) %}
            {% do exceptions.raise_compiler_error(
                "The variable " ~ name ~ " must be a list of columns, or all, but is '" ~ given
                ~ "': correct it in dbt_project.yml or in --vars."
            ) %}
        {% endif %}
    {% endfor %}
    {% if var('serving_strategy') != 'heuristic' and not var('ranking_enabled') %}
        {% do exceptions.raise_compiler_error(
            "The variable serving_strategy is '" ~ var('serving_strategy')
            ~ "', which needs ranking_enabled: true: set both in dbt_project.yml or in --vars."
        ) %}
    {% endif %}
    {% if var('ranking_classifier_split') not in ['time', 'random'] %}
        {% do exceptions.raise_compiler_error(
            "The variable ranking_classifier_split must be time or random, but is '" ~ var('ranking_classifier_split')
            ~ "': correct it in dbt_project.yml or in --vars."
        ) %}
    {% endif %}
    {% if var('ranking_enabled') and target.type != 'duckdb' %}
        {% do exceptions.raise_compiler_error(
            "The trained ranking stages are Python models, which run on DuckDB only: on " ~ target.type
            ~ ", leave ranking_enabled false."
        ) %}
    {% endif %}
    {% if var('ranking_enabled') and var('ranking_candidates') < var('top_k') %}
        {% do exceptions.raise_compiler_error(
            "The variable ranking_candidates is " ~ var('ranking_candidates') ~ ", fewer than top_k (" ~ var('top_k')
            ~ "): correct one of them in dbt_project.yml or in --vars."
        ) %}
    {% endif %}
{% endmacro %}
