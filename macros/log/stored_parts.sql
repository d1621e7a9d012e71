{# DuckDB only: the parts of a raw table in files, as plan_file_parts has kept them. table: one of raw_contract. #}
{% macro stored_parts(table) %}
    {{ return(adapter.dispatch('stored_parts', 'pingtop')(table)) }}
{% endmacro %}

{% macro default__stored_parts(table) %}
    {% do default__list_location_files() %}
{% endmacro %}

{% macro duckdb__stored_parts(table) %}
    {% do create_intake_tables() %}
    {% set parts = [] %}
    {% for row in run_query(
        "select part from " ~ intake_table('source_parts') ~ " where source_table = '" ~ table ~ "'"
    ).rows %}
        {% do parts.append(fromjson(row[0])) %}
    {% endfor %}
    {{ return(parts) }}
{% endmacro %}
