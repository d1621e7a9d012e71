{# Writes the id of this run into the warehouse before anything is built. scripts/publish.py compares it with the id in dbt's
   run_results.json: they differ where the results are those of another warehouse, or of a run that was stopped. #}
{% macro mark_build() -%}
    {{ adapter.dispatch('mark_build', 'pingtop')() }}
{%- endmacro %}

{% macro default__mark_build() %}{% endmacro %}

{% macro duckdb__mark_build() -%}
    {% if not execute %}{{ return('') }}{% endif %}
    {% set last_run = intake_table('last_run') %}
    {% do run_query("create schema if not exists " ~ last_run.include(identifier=false)) %}
    {% do run_query("create or replace table " ~ last_run ~ " as select '" ~ invocation_id ~ "' as invocation_id") %}
    {% do keep_written() %}
{%- endmacro %}
