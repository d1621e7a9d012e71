{# The text of a raw interaction that has none, from its values (see raw_row_text): expressions over columns of a relation.

   given: its column raw_row. event_type: of the row, as text. #}
{% macro row_text_of_values(given='raw_row', event_type='event_type') -%}
    coalesce({{ given }}, concat(
        coalesce(event_id || ',', ''), user_id, ',', ping_id, ',', {{ event_type }}, ',',
        coalesce(cast(watch_time_sec as {{ dbt.type_string() }}), ''), ',',
        cast(event_timestamp as {{ dbt.type_string() }})
    ))
{%- endmacro %}
