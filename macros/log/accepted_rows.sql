{# A query that gives the rows of a log that count: all that is accepted, but for what is of the future.

   log: interactions or exposures. #}
{% macro accepted_rows(log) -%}
    select log_rows.*
    from {{ ref('int_' ~ log) }} as log_rows
    cross join (
        {{ date_bound('event_timestamp') }}
    ) as date_bound
    where
        log_rows.outcome = 'accepted'
        and not {{ is_of_the_future('log_rows.event_timestamp') }}
{%- endmacro %}
