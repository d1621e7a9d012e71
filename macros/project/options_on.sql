{# The variables that switch models on and are on in this run, as a list. No arguments. #}
{% macro options_on() %}
    {% set found = [] %}
    {% for name in ['ranking_enabled', 'rerank_enabled', 'experiments_enabled', 'serving_enabled'] if var(name) %}{% do found.append(name) %}{% endfor %}
    {{ return(found) }}
{% endmacro %}
