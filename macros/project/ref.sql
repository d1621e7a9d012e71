{# As dbt's own ref, but without the database's name in the SQL: DuckDB keeps the text of a view as it is, and takes the
   name of a database from its file, so a warehouse that is copied, renamed or attached under another name would have
   views that look for the old one. Only where the schema has the database's name (app in app.duckdb) is it written:
   DuckDB does not guess which of the two is meant. #}
{% macro ref() %}
    {% set relation = builtins.ref(*varargs, **kwargs) %}
    {{ return(relation.include(
        database=(
            relation.database
            and (relation.database == relation.schema or relation.database != target.database)
        )
    )) }}
{% endmacro %}
