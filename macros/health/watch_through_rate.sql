{# The share of the views that are watched through; null without views.

   counts: a CTE with views and watched_through_views. #}
{% macro watch_through_rate(counts) -%}
    {{ safe_divide(counts ~ '.watched_through_views', counts ~ '.views') }}
{%- endmacro %}
