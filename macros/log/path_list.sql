{# DuckDB only: a list literal of file paths, each taken literally. files: list of paths. #}
{% macro path_list(files) -%}
    [
    {%- for file in files -%}
        {{ sql_text(literal_path(file)) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
    ]
{%- endmacro %}
