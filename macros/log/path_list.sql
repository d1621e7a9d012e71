{# DuckDB only: a list literal of file paths. files: list of paths. #}
{% macro path_list(files) -%}
    [
    {%- for file in files -%}
        {{ dbt.string_literal(dbt.escape_single_quotes(file)) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
    ]
{%- endmacro %}
