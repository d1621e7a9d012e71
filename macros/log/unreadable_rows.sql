{# DuckDB only: the CSV lines of a table that cannot be read as text, in the shape of raw_rows.

   table: one of raw_contract. #}
{% macro unreadable_rows(table) %}
    select
        {%- for column in raw_contract(table) %}
        cast(null as varchar) as {{ column.name }},
        {%- endfor %}
        {%- for column in own_columns(table) if not column.contract %}
        cast(null as varchar) as own_{{ column.feature }},
        {%- endfor %}
        {%- if table in ['interactions', 'exposures'] %}
        file_number,
        {%- endif %}
        raw_row,
        row_problem,
    from {{ unreadable_lines() }}
    where source_table = '{{ table }}'
{% endmacro %}
