{# Whether a watch time is longer than one event can have: a boolean expression, null for null.

   watch_time_sec: an expression, such as the column of int_interactions or dwell_time of int_exposures. #}
{% macro is_watch_time_capped(watch_time_sec) -%}
    {{ watch_time_sec }} > {{ var('max_watch_time_sec') }}
{%- endmacro %}
