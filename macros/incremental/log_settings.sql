{# DuckDB only: all that decides what becomes of a raw row of the log, as {what: value}. Where one of them changes, what was read
   no longer holds, and all of the log is read again.

   The code of the models counts by itself; for their macros a number does (code_of_intake): raise it when they read a raw row in
   another way. #}
{% macro log_settings() %}
    {{ return({
        'the code of the intake': code_of_intake(),
        'the raw location': log_source(),
        'the mapping': mapping_of_logs(),
        'null_words': var('null_words') | join(', '),
        'as_of': var('as_of') | string,
        'known_as_of': var('known_as_of') | string,
        'the list of event types in event_weights': known_event_types() | join(', '),
    }) }}
{% endmacro %}
