{# Run hook: stops the run with one sentence where the user's files are missing, ambiguous or lack a vital column,
   before any table is touched. #}
{% macro check_raw_files() %}
    {% if execute and raw_location() %}
        {% for table in ['users', 'pings', 'interactions'] %}
            {% do raw_rows(table) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
