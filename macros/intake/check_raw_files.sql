{# Run hook: stops the run with one sentence where the user's files are missing, ambiguous, unreadable or lack a vital
   column, before any table is touched. #}
{% macro check_raw_files() %}
    {% if execute and raw_location() %}
        {% do adapter.dispatch('check_raw_files', 'pingtop')() %}
    {% endif %}
{% endmacro %}

{% macro duckdb__check_raw_files() %}
    {% set csv_files = {} %}
    {% for table in ['users', 'pings', 'interactions'] %}
        {% do csv_files.update({table: raw_files(table)['csv']}) %}
    {% endfor %}
    {% do collect_unreadable_lines(csv_files) %}
    {% for table in csv_files %}
        {% do raw_rows(table) %}
    {% endfor %}
    {% do run_query(
        "create or replace table " ~ unreadable_lines() ~ " as select * from " ~ unreadable_lines(temporary=true)
    ) %}
{% endmacro %}
