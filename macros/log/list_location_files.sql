{# The files of the raw location, as location_files; only DuckDB reads files: another engine stops the run. #}
{% macro list_location_files() %}
    {{ return(adapter.dispatch('list_location_files', 'pingtop')()) }}
{% endmacro %}

{% macro default__list_location_files() %}
    {% do exceptions.raise_compiler_error(
        "Raw files are read by DuckDB only: on " ~ target.type ~ ", load them into tables and name their schema with "
        ~ "PINGTOP_RAW_SCHEMA (or the variable raw_schema) instead of PINGTOP_RAW_LOCATION."
    ) %}
{% endmacro %}

{% macro duckdb__list_location_files() %}
    {{ return(location_files()) }}
{% endmacro %}
