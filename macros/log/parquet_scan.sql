{# DuckDB only: a scan of Parquet files that have the same columns.

   files: list of paths. #}
{% macro parquet_scan(files) -%}
    read_parquet({{ path_list(files) }})
{%- endmacro %}
