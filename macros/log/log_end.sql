{# When the log ends, which no clock says: a query of one row, with first_date; newest_date, the newest day that is no mistake of a few
   clocks; newest_event_timestamp, its last event; and whole_date, the newest day that is over, or nearly.

   int_log_end has just this row; taken through aggregates, Spark knows it for one, which may be joined with every row of
   a table. #}
{% macro log_end() -%}
    select
        max(first_date) as first_date,
        max(newest_date) as newest_date,
        max(newest_event_timestamp) as newest_event_timestamp,
        max(whole_date) as whole_date
    from {{ ref('int_log_end') }}
{%- endmacro %}
