{# A raw value of any type as a text: bytes as the UTF-8 text that they are, lists with | between their items, a timestamp with time zone in UTC,
   whatever the zone of the machine.

   column: the expression. dtype: its type in the source. #}
{% macro as_text(column, dtype) -%}
    {%- set base_type = plain_type(dtype) -%}
    {%- if base_type == 'TIMESTAMP WITH TIME ZONE' -%}
        concat(cast({{ column }} at time zone 'UTC' as {{ dbt.type_string() }}), '+00')
    {%- elif base_type.endswith('[]') or base_type.startswith('ARRAY') -%}
        {{ list_text(column) }}
    {%- elif base_type in ['BLOB', 'BYTEA', 'BINARY'] -%}
        {{ bytes_text(column) }}
    {%- else -%}
        cast({{ column }} as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}
