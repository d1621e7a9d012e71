{# Spark only: the table of a unit test's columns is made here, because dbt's unit tests fetch rows from the statement that makes it,
   and a Thrift server gives none, not even columns. Called by dbt itself, in place of default__get_create_table_as_sql, by its unit
   tests alone: all else in dbt-spark uses create_table_as.

   temporary, relation, sql: as of create_table_as. Gives a statement for dbt to fetch from. #}
{% macro create_fixture(temporary, relation, sql) %}
    {% call statement('create_fixture') -%}
        {{ create_table_as(temporary, relation, sql) }}
    {%- endcall %}
    {{ return('select 1') }}
{% endmacro %}

{% macro spark__get_create_table_as_sql(temporary, relation, sql) %}
    {{ return(create_fixture(temporary, relation, sql)) }}
{% endmacro %}
