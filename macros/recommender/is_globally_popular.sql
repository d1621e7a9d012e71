{# Whether a ping is popular enough for that to be a reason to recommend it: a boolean expression.

   popularity: the ping's own, from 0 to 1. #}
{% macro is_globally_popular(popularity) -%}
    {{ exceeds(popularity, var('reason_popularity')) }}
{%- endmacro %}
