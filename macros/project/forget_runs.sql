{# Not on DuckDB, which needs none of it: drops what says that runs are at work (see run_at_work), of runs that were stopped before they
   could do it. By hand, of all: dbt run-operation forget_runs --target postgres.

   begun_before: of those alone that began before (yymmddhhmmss, UTC); null: of all. #}
{% macro forget_runs(begun_before=none) -%}
    {% for name in runs_at_work(intake_table('run_at_work_').schema) if begun_before is none or name[12:24] < begun_before %}
        {% do for_good("drop view if exists " ~ intake_table(name)) %}
        {% set begun = modules.datetime.datetime.strptime(name[12:24], '%y%m%d%H%M%S') %}
        {% do log("The run that began at " ~ begun ~ " UTC is forgotten.", info=true) %}
    {% endfor %}
{%- endmacro %}
