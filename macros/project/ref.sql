{# As dbt's own ref, but without the database's name in the SQL: DuckDB keeps the text of a view as it is, and takes the
   name of a database from its file, so a warehouse that is copied, renamed or attached under another name would have
   views that look for the old one. #}
{% macro ref() %}
    {{ return(builtins.ref(*varargs, **kwargs).include(database=false)) }}
{% endmacro %}
