{# A raw column as staging can read it: its own type where that suits the role (a cast to text and back would cost
   time on millions of rows), text otherwise. A whole number in a column of fractions is the same text as the whole
   number itself: one missing id turns a column of ids into doubles in many tools, and 7 must not become 7.0.

   column: the quoted column. dtype: its type in the source. role: text, number or timestamp. #}
{% macro as_role(column, dtype, role) -%}
    {%- set kept = {
        'text': ['VARCHAR'],
        'number': ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL'],
        'timestamp': ['TIMESTAMP', 'DATE'],
    }[role] -%}
    {%- set base_type = plain_type(dtype) -%}
    {%- if base_type in kept -%}
        {{ column }}
    {%- elif role == 'text' and base_type in ['FLOAT', 'DOUBLE', 'DECIMAL'] -%}
        case
            when abs({{ column }}) < 9e15 and {{ column }} = floor({{ column }})
                then cast(cast({{ column }} as bigint) as {{ dbt.type_string() }})
            when {{ is_finite('cast(' ~ column ~ ' as ' ~ type_double() ~ ')') }}
                then cast({{ column }} as {{ dbt.type_string() }})
        end
    {%- elif role == 'timestamp' and base_type == 'TIMESTAMP WITH TIME ZONE' -%}
        ({{ column }} at time zone 'UTC')
    {%- elif role == 'timestamp' and base_type.startswith('TIMESTAMP_') -%}
        cast({{ column }} as timestamp)
    {%- else -%}
        {{ as_text(column, dtype) }}
    {%- endif -%}
{%- endmacro %}
