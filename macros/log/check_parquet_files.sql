{# DuckDB only: stops the run where a file is not Parquet. files: list of paths. #}
{% macro check_parquet_files(files) %}
    {% for file in files if not adapter.location_exists(dbt.escape_single_quotes(literal_path(file))) %}
        {% do exceptions.raise_compiler_error(
            file ~ " cannot be read as Parquet (it is damaged, incomplete or something else): write or copy it again, "
            ~ "or take it away."
        ) %}
    {% endfor %}
{% endmacro %}
