{# Whether a view is watched to (nearly) the end: a boolean expression, null for what is no view.

   watch_time_ratio: an expression. #}
{% macro is_watched_through(watch_time_ratio) -%}
    {{ reaches(watch_time_ratio, var('watch_through_ratio')) }}
{%- endmacro %}
