{# The number of an interaction among the copies of its event, 1 for the one that is kept: events are the same by their
   event_id or, without one, by all of their values. A hash only finds candidates.

   user, ping: the columns that name them (ids in byte order or keys, which have one order). within: column that copies share besides,
   last_order: column that orders equal copies; both optional. #}
{% macro copy_number(user, ping, within=none, last_order=none) -%}
    row_number() over (
        partition by
            {%- if within %}
            {{ within }},
            {%- endif %}
            event_id,
            case when event_id is null then {{ user }} end,
            case when event_id is null then {{ ping }} end,
            case when event_id is null then event_type end,
            case when event_id is null then event_timestamp end,
            case when event_id is null then watch_time_sec end
        order by
            event_timestamp, {{ user }}, {{ ping }}, {{ in_byte_order('event_type') }}, watch_time_sec nulls last
            {%- if last_order %}, {{ last_order }} nulls last{% endif %}
    )
{%- endmacro %}
