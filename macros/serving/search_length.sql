{# How many pings of every user's exact list are searched for: as many as a list has, or as serving takes along, so that a request can
   score them anew. No arguments. #}
{% macro search_length() -%}
    {{ [list_length() | int, var('serving_candidates') | int] | max if var('serving_enabled') else list_length() }}
{%- endmacro %}
