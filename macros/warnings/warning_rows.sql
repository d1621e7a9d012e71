{# The columns that every part of intake_warnings has, as a select list: kind, source_table, column_name, warning_count, total_count,
   example. All are expressions. #}
{% macro warning_rows(kind, source_table, column_name, warning_count, total_count, example) %}
        {{ kind }} as kind,
        {{ source_table }} as source_table,
        {{ column_name or 'cast(null as ' ~ dbt.type_string() ~ ')' }} as column_name,
        cast({{ warning_count }} as bigint) as warning_count,
        cast({{ total_count }} as bigint) as total_count,
        {{ example }} as example
{% endmacro %}
