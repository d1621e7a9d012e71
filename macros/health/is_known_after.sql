{# Whether an event had arrived by some hours after the end of its day: a boolean expression. An event that does not say when it
   arrived is taken for known from the beginning.

   event_timestamp, loaded_at: timestamp expressions. hours: after the midnight that ends the day. #}
{% macro is_known_after(event_timestamp, loaded_at, hours) -%}
    coalesce(
        {{ elapsed_seconds('cast(cast(' ~ event_timestamp ~ ' as date) as timestamp)', loaded_at) }}
        < {{ 86400 + 3600 * hours }},
        true
    )
{%- endmacro %}
