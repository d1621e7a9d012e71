{# The number of the slot of time that a timestamp lies in, counted from 1970.

   value: a timestamp expression. seconds: the length of a slot. #}
{% macro time_slot(value, seconds) -%}
    cast(floor({{ elapsed_seconds("cast('1970-01-01' as timestamp)", value) }} / {{ seconds }}) as bigint)
{%- endmacro %}
