{# The number of a good row among the copies of it, 1 for the one that is kept: the earliest, of those the first that arrived, then
   the first by its text,
   whatever the order in which they came. The values at the end tell rows apart that have one text under two headers.

   log: interactions or exposures. within: what copies share besides; last_order: what orders rows that are equal in all; optional. #}
{% macro copy_number(log, within=none, last_order=none) -%}
    {%- set last_columns = ['event_type_key', 'watch_time_sec'] if log == 'interactions' else [] -%}
    row_number() over (
        partition by {{ (copy_identity(log) + ([within] if within else [])) | join(', ') }}
        order by
            event_timestamp, loaded_at nulls last, {{ in_byte_order('raw_row') }},
            {{ in_byte_order('user_id') }}, {{ in_byte_order('ping_id') }}
            {%- for column in last_columns + ([last_order] if last_order else []) %}, {{ column }} nulls last{% endfor %}
    )
{%- endmacro %}
