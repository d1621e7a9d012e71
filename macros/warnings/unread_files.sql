{# A query that gives the files in the raw location that look like data and are not read: path. Only DuckDB reads files. #}
{% macro unread_files() %}
    {{ return(adapter.dispatch('unread_files', 'pingtop')()) }}
{% endmacro %}

{% macro default__unread_files() %}
    {{ return("select cast(null as " ~ dbt.type_string() ~ ") as path where false") }}
{% endmacro %}

{% macro duckdb__unread_files() %}
    {%- if execute -%}{%- do create_intake_tables() -%}{%- endif -%}
    {{ return("select path from " ~ intake_table('unread_files')) }}
{% endmacro %}
