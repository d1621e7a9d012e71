{# DuckDB only: a query that gives every table and view of the warehouse: schema_name, relation_name, kind (table or view) and columns,
   their names and types in one text. #}
{% macro stored_columns() %}
    {{ return(
        "select tables.table_schema as schema_name, tables.table_name as relation_name,"
        ~ " case when tables.table_type = 'VIEW' then 'view' else 'table' end as kind,"
        ~ " string_agg(columns.column_name || ' ' || columns.data_type, ', ' order by columns.ordinal_position) as columns"
        ~ " from information_schema.tables as tables inner join information_schema.columns as columns"
        ~ " using (table_catalog, table_schema, table_name) where table_catalog = '"
        ~ dbt.escape_single_quotes(target.database) ~ "' group by all"
    ) }}
{% endmacro %}
