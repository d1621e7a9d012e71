{# Whether this run is about two spans of days that were asked for (scripts/explain.py) instead of the newest windows. No arguments. #}
{% macro is_explaining() %}
    {{ return(var('explain_before') is not none) }}
{% endmacro %}
