{# A query that gives the files of the log that were read and are no longer there: path. Only DuckDB reads files. #}
{% macro vanished_files() %}
    {{ return(adapter.dispatch('vanished_files', 'pingtop')()) }}
{% endmacro %}

{% macro default__vanished_files() %}
    {{ return("select cast(null as " ~ dbt.type_string() ~ ") as path where false") }}
{% endmacro %}

{% macro duckdb__vanished_files() %}
    {%- if execute -%}{%- do create_intake_tables() -%}{%- endif -%}
    {{ return("select path from " ~ intake_table('vanished_files')) }}
{% endmacro %}
