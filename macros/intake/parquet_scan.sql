{# DuckDB only: a scan of Parquet files whose schemas may differ; columns are united by name.

   files: list of paths. #}
{% macro parquet_scan(files) -%}
    read_parquet(
        [
            {%- for file in files -%}
            {{ dbt.string_literal(dbt.escape_single_quotes(file)) }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        ], union_by_name = {{ files | length > 1 }}
    )
{%- endmacro %}
