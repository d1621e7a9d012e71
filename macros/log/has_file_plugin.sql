{# DuckDB only: whether the profile has Pingtop's plugin raw_files, which converts files that DuckDB does not read. #}
{% macro has_file_plugin() %}
    {{ return(run_query(
        "select 1 from duckdb_functions() where function_name = 'pingtop_convert_file' limit 1"
    ).rows | length > 0) }}
{% endmacro %}
