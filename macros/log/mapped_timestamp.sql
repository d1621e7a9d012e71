{# A UTC timestamp from a value of a source, null where it is none: a number since 1970 in the given unit, or by its magnitude; a text of
   the given format; a local time of the given time zone, unless it has an offset.

   value: the expression. dtype: its type. read: of mapped_column. #}
{% macro mapped_timestamp(value, dtype, read) -%}
    {%- set is_text = plain_type(dtype) == 'VARCHAR' -%}
    {%- if read.unit or plain_type(dtype) in number_types() -%}
        {{ epoch_timestamp(value, read.unit, is_text) }}
    {%- elif read.format -%}
        {%- set moment = formatted_timestamp(value, read.format) -%}
        {{ in_time_zone(moment, read.timezone) if read.timezone and '%z' not in read.format else moment }}
    {%- elif is_text -%}
        case
            when {{ has_offset(value) }} then {{ safe_timestamp(value) }}
            else {{ in_time_zone(safe_timestamp(value), read.timezone) }}
        end
    {%- elif plain_type(dtype) == 'TIMESTAMP WITH TIME ZONE' -%}
        ({{ value }} at time zone 'UTC')
    {%- else -%}
        {{ in_time_zone('cast(' ~ value ~ ' as timestamp)', read.timezone) }}
    {%- endif -%}
{%- endmacro %}
