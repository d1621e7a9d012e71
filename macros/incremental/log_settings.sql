{# DuckDB only: all that decides what becomes of a raw row of the log, as {what: value}. Where one of them changes, what was read
   no longer holds, and all of the log is read again.

   The number of the intake changes with the code: raise it when a raw row is read in another way. #}
{% macro log_settings() %}
    {{ return({
        'the intake': 1,
        'the raw location': raw_location() or raw_schema() or 'seeds',
        'as_of': var('as_of') | string,
        'the list of event types in event_weights': known_event_types() | join(', '),
    }) }}
{% endmacro %}
