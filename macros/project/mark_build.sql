{# First run hook: writes the id of this run into the warehouse before anything is checked or built. scripts/publish.py compares it
   with the id in dbt's run_results.json: they differ where the results are those of another warehouse, or of a run that was stopped.

   A run that builds is recorded as refused, until begin_build says that all checks let it through: one that they stop ends without
   another word to the warehouse. No transaction is open yet, so that what is written here stays whatever the checks do.

   Other engines keep the id alone. #}
{% macro mark_build() -%}
    {{ adapter.dispatch('mark_build', 'pingtop')() }}
{%- endmacro %}

{% macro default__mark_build() -%}
    {% if execute %}{% do write_mark(invocation_id) %}{% endif %}
{%- endmacro %}

{% macro duckdb__mark_build() -%}
    {% if not execute %}{{ return('') }}{% endif %}
    {% do create_builds() %}
    {% do run_query(
        "create or replace table " ~ intake_table('last_run') ~ " as select '" ~ invocation_id ~ "' as invocation_id"
    ) %}
    {% if is_building() %}
        {% set code = run_facts('code') %}
        {% do run_query(
            "insert into " ~ intake_table('builds') ~ " (invocation_id, command, selection, status, started_at, pingtop_version,"
            ~ " git_commit, git_has_changes) values ('" ~ invocation_id ~ "', '" ~ invocation_args_dict.get('which') ~ "', "
            ~ sql_text(selection_of_run()) ~ ", 'refused', timestamp '" ~ started_at_of_run() ~ "', '" ~ pingtop_version() ~ "', "
            ~ sql_text(code.commit) ~ ", " ~ (code.has_changes if code.commit else 'null') ~ ")"
        ) %}
    {% endif %}
{%- endmacro %}
