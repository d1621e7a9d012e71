{# When this run of dbt began (UTC), by dbt itself: for what is recorded of a run, which no model may read.
   layout: as of strftime. days_before: a moment so many days before that. #}
{% macro started_at_of_run(layout='%Y-%m-%d %H:%M:%S.%f', days_before=0) -%}
    {{ return((run_started_at - modules.datetime.timedelta(days=days_before)).strftime(layout)) }}
{%- endmacro %}
