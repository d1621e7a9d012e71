{# The columns that every part of intake_warnings has, as a select list: kind, source_table, column_name, warning_count, total_count,
   example. All are expressions; without a column_name it is null. #}
{% macro warning_rows(kind, source_table, column_name, warning_count, total_count, example) %}
    {%- set columns = {
        'kind': kind,
        'source_table': source_table,
        'column_name': column_name or 'cast(null as ' ~ dbt.type_string() ~ ')',
        'warning_count': 'cast(' ~ warning_count ~ ' as bigint)',
        'total_count': 'cast(' ~ total_count ~ ' as bigint)',
        'example': example,
    } %}
    {%- for name, expression in columns.items() %}
        {{ expression }}{{ ' as ' ~ name if expression.split('.') | last != name }}{{ ',' if not loop.last }}
    {%- endfor %}
{% endmacro %}
