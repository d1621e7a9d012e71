{# Last run hook before the first model: the checks have let the run through. It counts as not ended until record_build says how it
   ended; that of a killed run never does.

   Other engines keep no record, but let several runs be at work at once: there each notes that it is (see run_at_work). That of a
   killed run stays, and is forgotten after two days, or by hand (see forget_runs). #}
{% macro begin_build() -%}
    {{ adapter.dispatch('begin_build', 'pingtop')() }}
{%- endmacro %}

{% macro default__begin_build() -%}
    {% if execute and is_building() %}
        {% do forget_runs(started_at_of_run('%y%m%d%H%M%S', days_before=2)) %}
        {% do for_good("create view " ~ run_at_work() ~ " as select 1 as is_at_work") %}
    {% endif %}
{%- endmacro %}

{% macro duckdb__begin_build() -%}
    {% if execute and is_building() %}
        {% do run_query(
            "update " ~ intake_table('builds') ~ " set status = 'not ended' where invocation_id = '" ~ invocation_id ~ "'"
        ) %}
        {% do keep_written() %}
    {% endif %}
{%- endmacro %}
