{# What a user's affinity adds to the heuristic score: the share of the user's events, times its weight.

   kind: category or creator. n_events: the user's events on it. n_all_events: all events of the user. #}
{% macro affinity_part(kind, n_events, n_all_events) -%}
    {{ var('weight_' ~ kind) }} * {{ safe_divide(n_events, n_all_events) }}
{%- endmacro %}
