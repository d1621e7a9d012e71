{# The where clause that keeps the raw interactions with one of the given hashes; nothing where none are given.

   values: {name of a raw column: its expression}. only_hashes: as in raw_rows. #}
{% macro where_hash(values, only_hashes) -%}
    {%- if only_hashes -%}
        where {{ event_hash(
            clean_text(values.event_id),
            clean_text(values.user_id),
            clean_text(values.ping_id),
            clean_text(values.event_type),
            safe_timestamp(values.event_timestamp),
            safe_double(values.watch_time_sec),
        ) }} in (
            select only_hashes.event_hash from {{ only_hashes }} as only_hashes where only_hashes.event_hash is not null
        )
    {%- endif -%}
{%- endmacro %}
