{# DuckDB only: the moment from which on events were of the future when the model's table was last built, as a text; none where no event
   was, or where max_future_days is null. #}
{% macro last_date_bound() %}
    {% if var('max_future_days') is none %}
        {{ return(none) }}
    {% endif %}
    {% set bounds = run_query(
        "select cast(first_future_timestamp as varchar) from " ~ intake_table('table_states') ~ " where table_name = '"
        ~ this.identifier ~ "'"
    ).columns[0].values() if execute else [] %}
    {{ return(bounds[0] if bounds else none) }}
{% endmacro %}
