{# A table or view of the database as a relation; none where there is none. On DuckDB it is for run hooks, too: where dbt's own
   get_relation does not know the schema, it begins a transaction, and what the hooks of the run have written is rolled back with it. #}
{% macro stored_relation(database, schema, identifier) %}
    {{ return(adapter.dispatch('stored_relation', 'pingtop')(database, schema, identifier)) }}
{% endmacro %}

{% macro duckdb__stored_relation(database, schema, identifier) %}
    {% set names = run_query(
        "select table_catalog, table_schema, table_name from information_schema.tables where lower(table_catalog) = lower("
        ~ sql_text(database or target.database) ~ ") and lower(table_schema) = lower("
        ~ sql_text(schema) ~ ") and lower(table_name) = lower("
        ~ sql_text(identifier) ~ ")"
    ).rows if execute else [] %}
    {% if not names %}{{ return(none) }}{% endif %}
    {{ return(api.Relation.create(database=names[0][0], schema=names[0][1], identifier=names[0][2])) }}
{% endmacro %}

{% macro default__stored_relation(database, schema, identifier) %}
    {{ return(adapter.get_relation(database=database, schema=schema, identifier=identifier) if execute else none) }}
{% endmacro %}
