{# DuckDB only: a scan of Parquet files that have the same columns. Names of folders such as day=1 are no values: DuckDB would
   write them over those of the file, or not, as the other files of the scan have such folders too.

   files: list of paths. #}
{% macro parquet_scan(files) -%}
    read_parquet({{ path_list(files) }}, hive_partitioning = false)
{%- endmacro %}
