{# A hash that is equal for equal events: of the event_id, or of all values where there is none.

   event_id, user_id, ping_id, event_type, event_timestamp, watch_time_sec: expressions, cleaned and typed as staging
   does it. #}
{% macro event_hash(event_id, user_id, ping_id, event_type, event_timestamp, watch_time_sec) -%}
    case
        when {{ event_id }} is not null then {{ row_hash([event_id]) }}
        else {{ row_hash([user_id, ping_id, event_type, event_timestamp, watch_time_sec]) }}
    end
{%- endmacro %}
