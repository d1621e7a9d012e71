{# A regular expression for the texts that are seconds, milliseconds, microseconds or nanoseconds since 1970, by their magnitude
   (epoch_timestamp), also as tools write large numbers (1.7040672E+12). #}
{% macro epoch_pattern() -%}
    ([1-9]([0-9]{9}|[0-9]{12}|[0-9]{15}|[0-9]{18})([.][0-9]*)?|[1-9]([.][0-9]+)?[eE][+]?(0?9|12|15|18))
{%- endmacro %}
