{# When the log begins and ends: a query of one row, with first_event_timestamp and newest_event_timestamp.

   int_log_span has just this row; taken through aggregates, Spark knows it for one, which may be joined with every row of
   a table. #}
{% macro log_span() -%}
    select
        min(first_event_timestamp) as first_event_timestamp,
        max(newest_event_timestamp) as newest_event_timestamp
    from {{ ref('int_log_span') }}
{%- endmacro %}
