{# Stops the run where serving_enabled, serving_candidates, serving_country_users, serving_experiment or serving_arms cannot be used,
   alone or together. No arguments. #}
{% macro check_serving_variables() %}
    {% set enabled, arms = var('serving_enabled'), var('serving_arms') %}
    {% set problem = namespace(text=none) %}
    {% do check_number('serving_candidates', var('serving_candidates'), {'least': 1, 'most': 1000, 'whole': true}) %}
    {% do check_number('serving_country_users', var('serving_country_users'), {'least': 1, 'whole': true}) %}
    {% if enabled is not boolean %}
        {% set problem.text = "serving_enabled must be true or false, but is '" ~ enabled ~ "'" %}
    {% elif enabled and var('serving_candidates') < var('top_k') %}
        {% set problem.text = "serving_candidates is " ~ var('serving_candidates') ~ ", fewer than top_k (" ~ var('top_k') ~ ")" %}
    {% elif var('serving_experiment') is not string %}
        {% set problem.text = "serving_experiment must be the name of an experiment, or empty, but is '" ~ var('serving_experiment') ~ "'" %}
    {% elif arms is not mapping or arms.values() | reject('in', ['heuristic', 'served']) | list %}
        {% set problem.text = "serving_arms must give every arm heuristic or served, but is '" ~ arms ~ "'" %}
    {% elif enabled and arms and not (var('serving_experiment') and var('experiments_enabled')) %}
        {% set problem.text = "serving_arms needs serving_experiment and experiments_enabled: true, to know who is in which arm" %}
    {% endif %}
    {% if problem.text %}
        {% do exceptions.raise_compiler_error(
            "The variable " ~ problem.text ~ ": correct it in dbt_project.yml or in --vars."
        ) %}
    {% endif %}
{% endmacro %}
