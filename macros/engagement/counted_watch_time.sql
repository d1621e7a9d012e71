{# The watch time of an event as everything counts it: what is above max_watch_time_sec counts as that, since one broken timer would
   otherwise outweigh all other events. The event itself keeps what it came with. Null for null.

   watch_time_sec: an expression. #}
{% macro counted_watch_time(watch_time_sec) -%}
    case
        when {{ is_watch_time_capped(watch_time_sec) }} then cast({{ var('max_watch_time_sec') }} as {{ type_double() }})
        else {{ watch_time_sec }}
    end
{%- endmacro %}
