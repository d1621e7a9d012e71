{# The number of the time bin that a timestamp lies in, a whole number, counted from 1970.

   value: a timestamp expression. seconds: the length of a bin (3600: hours). #}
{% macro time_bin(value, seconds) -%}
    cast(floor({{ elapsed_seconds("cast('1970-01-01' as timestamp)", value) }} / {{ seconds }}) as bigint)
{%- endmacro %}
