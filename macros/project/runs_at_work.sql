{# The names of the views that say that runs are at work (see run_at_work).

   schema: that they are in. #}
{% macro runs_at_work(schema) -%}
    {{ return(adapter.dispatch('runs_at_work', 'pingtop')(schema)) }}
{%- endmacro %}

{% macro default__runs_at_work(schema) -%}
    {{ return(run_query(
        "select table_name from information_schema.views where table_schema = " ~ sql_text(schema)
        ~ " and table_name like 'run!_at!_work!_%' escape '!'"
    ).columns[0].values()) }}
{%- endmacro %}

{% macro spark__runs_at_work(schema) -%}
    {{ return(run_query("show views in " ~ schema ~ " like 'run_at_work_*'").columns['viewName'].values()) }}
{%- endmacro %}
