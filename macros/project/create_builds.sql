{# DuckDB only: makes the tables in which runs are recorded, in the schema `raw`, where they are not there yet: builds (one row per run
   that builds, see build_columns; what build_history does not show is `variables`, those given to a run that made metric_change_summary,
   as JSON: scripts/explain.py asks with the same) and made_relations (see drop_former_relations). No build empties them. #}
{% macro create_builds() %}
    {% set builds = intake_table('builds') %}
    {% do run_query("create schema if not exists " ~ builds.include(identifier=false)) %}
    {% set types = build_columns() %}
    {% do types.update({'variables': 'varchar'}) %}
    {% set columns = [] %}
    {% for name, type in types.items() %}
        {% do columns.append(name ~ ' ' ~ type) %}
    {% endfor %}
    {% do run_query("create table if not exists " ~ builds ~ " (" ~ columns | join(', ') ~ ")") %}
    {% set there = run_query("select column_name from (describe " ~ builds ~ ")").columns[0].values() %}
    {% for name, type in types.items() if name not in there %}
        {% do run_query("alter table " ~ builds ~ " add column " ~ name ~ " " ~ type) %}
    {% endfor %}
    {% set made = intake_table('made_relations') %}
    {% do run_query(
        "create table if not exists " ~ made
        ~ " (schema_name varchar, relation_name varchar, options varchar, columns varchar)"
    ) %}
    {#- earlier versions knew of one option, and noted null where a run made nothing of it -#}
    {% if 'is_ranking' in run_query("select column_name from (describe " ~ made ~ ")").columns[0].values() %}
        {% do run_query(
            "alter table " ~ made ~ " alter is_ranking type varchar using case when is_ranking then 'ranking_enabled' end"
        ) %}
        {% do run_query("alter table " ~ made ~ " rename is_ranking to options") %}
    {% endif %}
{% endmacro %}
