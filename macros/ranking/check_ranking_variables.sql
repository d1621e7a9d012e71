{# Stops the run where ranking_enabled, two_tower_enabled, rerank_enabled, serving_strategy, ranking_classifier_split or the lists of own features
   cannot be used, alone or together. No arguments. #}
{% macro check_ranking_variables() %}
    {% for name in ['ranking_enabled', 'two_tower_enabled', 'rerank_enabled'] if var(name) is not boolean %}
        {% do exceptions.raise_compiler_error(
            "The variable " ~ name ~ " must be true or false, but is '" ~ var(name)
            ~ "': correct it in dbt_project.yml or in --vars."
        ) %}
    {% endfor %}
    {% if var('serving_strategy') not in ['heuristic', 'gbdt', 'neural', 'auto'] %}
        {% do exceptions.raise_compiler_error(
            "The variable serving_strategy must be heuristic, gbdt, neural or auto, but is '" ~ var('serving_strategy')
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
    {% if var('two_tower_enabled') and not var('ranking_enabled') %}
        {% do exceptions.raise_compiler_error(
            "The variable two_tower_enabled is true, which needs ranking_enabled: true: set both in dbt_project.yml or in --vars."
        ) %}
    {% endif %}
    {% if var('ranking_classifier_split') not in ['time', 'random'] %}
        {% do exceptions.raise_compiler_error(
            "The variable ranking_classifier_split must be time or random, but is '" ~ var('ranking_classifier_split')
            ~ "': correct it in dbt_project.yml or in --vars."
        ) %}
    {% endif %}
    {% if var('ranking_enabled') and target.type == 'spark' and env_var('PINGTOP_PYTHON_MODELS', '') != 'here' %}
        {% do exceptions.raise_compiler_error(
            "The trained ranking stages are Python models, which Spark does not run: build with scripts/rank.py in the place of dbt"
            ~ " (make ranking TARGET=" ~ target.name ~ "), or leave ranking_enabled false."
        ) %}
    {% elif var('ranking_enabled') and target.type == 'spark' and target.host not in ['NA', 'localhost', '127.0.0.1']
        and not env_var('PINGTOP_SPARK_EXCHANGE', '') %}
        {% do exceptions.raise_compiler_error(
            "Spark runs on " ~ target.host ~ ": name in PINGTOP_SPARK_EXCHANGE a folder that it and this machine see under one path,"
            ~ " through which training rows and lists of the trained ranking stages go."
        ) %}
    {% elif var('ranking_enabled') and target.type not in ['duckdb', 'spark'] %}
        {% do exceptions.raise_compiler_error(
            "The trained ranking stages are Python models, which run on DuckDB and beside Spark only: on " ~ target.type
            ~ ", leave ranking_enabled false."
        ) %}
    {% endif %}
    {% if var('ranking_enabled') and var('rerank_enabled') and var('rerank_pool') > [var('ranking_rerank_pings'), var('top_k')] | max %}
        {% do exceptions.raise_compiler_error(
            "The variable rerank_pool is " ~ var('rerank_pool') ~ ", more than ranking_rerank_pings (" ~ var('ranking_rerank_pings')
            ~ "), as long as the lists of the trained stages are: correct one of them in dbt_project.yml or in --vars."
        ) %}
    {% endif %}
    {% if var('ranking_enabled') and var('ranking_candidates') < var('top_k') %}
        {% do exceptions.raise_compiler_error(
            "The variable ranking_candidates is " ~ var('ranking_candidates') ~ ", fewer than top_k (" ~ var('top_k')
            ~ "): correct one of them in dbt_project.yml or in --vars."
        ) %}
    {% endif %}
{% endmacro %}
