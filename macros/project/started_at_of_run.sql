{# When this run of dbt began (UTC), by dbt itself: for what is recorded of a run, which no model may read. #}
{% macro started_at_of_run() -%}
    {{ return(run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f')) }}
{%- endmacro %}
