{# DuckDB only: the table that keeps the CSV lines that cannot be read as text.

   temporary: the table of the same columns in which they are gathered before anything of the warehouse is touched. #}
{% macro unreadable_lines(temporary=false) -%}
    {%- if temporary -%}
        pingtop_unreadable_csv_lines
    {%- else -%}
        {{ intake_table('unreadable_csv_lines') }}
    {%- endif -%}
{%- endmacro %}
