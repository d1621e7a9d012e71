{# How many days one must look back from a moment to see a timestamp, as a whole number: 0 for the moment itself, 1 for
   the 24 hours before it (inclusive), and so on.

   value, moment: timestamp expressions. #}
{% macro days_before(value, moment) -%}
    cast(ceil({{ elapsed_seconds(value, moment) }} / 86400) as integer)
{%- endmacro %}
