{# DuckDB only: a scan of Parquet files whose schemas may differ; columns are united by name.

   files: list of paths. #}
{% macro parquet_scan(files) -%}
    read_parquet({{ path_list(files) }}, union_by_name = {{ files | length > 1 }})
{%- endmacro %}
