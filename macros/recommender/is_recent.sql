{# Whether a ping is new enough for that to be a reason to recommend it: a boolean expression. Without created_at, its freshness is an
   assumption and no reason.

   freshness: the ping's own, from 0 to 1. created_at: the ping's. #}
{% macro is_recent(freshness, created_at) -%}
    {{ created_at }} is not null and {{ exceeds(freshness, var('reason_freshness')) }}
{%- endmacro %}
