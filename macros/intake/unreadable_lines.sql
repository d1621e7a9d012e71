{# DuckDB only: the table that keeps the CSV lines that cannot be read as text. #}
{% macro unreadable_lines() -%}
    {{ api.Relation.create(
        database=target.database, schema=generate_schema_name('raw', none), identifier='unreadable_csv_lines'
    ) }}
{%- endmacro %}
