{# How a table is stored that grows with the log: for the config `materialized`. On DuckDB dbt's `incremental`: a build on an
   existing warehouse computes anew only what the new events touch. Elsewhere a table, built whole by every build. #}
{% macro grown_table() %}
    {{ return(adapter.dispatch('grown_table', 'pingtop')()) }}
{% endmacro %}

{% macro default__grown_table() %}
    {{ return('table') }}
{% endmacro %}

{% macro duckdb__grown_table() %}
    {{ return('incremental') }}
{% endmacro %}
