{# How a model of changes is built: as a table, or as part of the one query that scripts/explain.py asks the warehouse. No arguments. #}
{% macro change_materialization() %}
    {{ return('ephemeral' if is_explaining() else 'table') }}
{% endmacro %}
