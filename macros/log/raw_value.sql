{# A value of a raw row as staging can read it, as an expression.

   column: of raw_contract. source: {'dtype', 'expression'} of the source's column. read: how the mapping has it read (mapped_column).
   is_log: whether the table is one of the two logs. What cannot be converted stays as it came in the other tables, where staging counts
   it as nulled; in a log a bad time of an event is counted as a rejected row. #}
{% macro raw_value(column, source, read, is_log) -%}
    {%- set value = csv_value(source.expression) if source.dtype == 'CSV'
        else "nullif(trim(" ~ source.expression ~ "), '')" if source.dtype == 'JSON' and '(document' in source.expression
        else source.expression -%}
    {%- set dtype = 'VARCHAR' if source.dtype in ['CSV', 'JSON'] else source.dtype -%}
    {%- set is_number = plain_type(dtype) in number_types() -%}
    {%- set text = 'cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    {%- set converted = none -%}
    {%- if column.role == 'timestamp' and (read.unit or read.format or read.timezone or is_number) -%}
        {%- set converted = mapped_timestamp(value, dtype, read) -%}
    {%- elif column.role == 'number' and (read.unit or read.decimal == ',') -%}
        {%- set converted = mapped_number(value, dtype, read) -%}
    {%- endif -%}
    {%- if converted is not none and (is_log and column.name in ['event_timestamp', 'loaded_at'] or is_number) -%}
        {{ converted }}
    {%- elif converted is not none -%}
        coalesce(cast({{ converted }} as {{ dbt.type_string() }}), {{ text }})
    {%- elif read.separator -%}
        replace({{ text }}, {{ sql_text(read.separator) }}, '|')
    {%- else -%}
        {{ as_role(value, dtype, column.role) }}
    {%- endif -%}
{%- endmacro %}
