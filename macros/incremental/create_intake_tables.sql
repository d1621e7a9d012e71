{# DuckDB only: makes the tables that say what the warehouse has read, where they are not there yet. Many models ask for them, so that it
   is one statement to dbt. #}
{% macro create_intake_tables() %}
    {% set file_columns = "source_table varchar, path varchar, bytes bigint, modified_at timestamp, file_number integer,"
        ~ " batch_number integer, loaded_from timestamp, loaded_through timestamp, rows_before varchar,"
        ~ " rows_newest bigint, newest_checksum varchar" %}
    {% set statements = ["create schema if not exists " ~ intake_table('files_read').include(identifier=false)] %}
    {% for name, columns in {
        'files_read': file_columns,
        'files_to_read': file_columns,
        'intake_plan': 'log_id varchar, batch_number integer, settings varchar',
        'source_parts': 'source_table varchar, part varchar',
        'source_columns': 'source_table varchar, path varchar, column_name varchar, contract_column varchar',
        'unread_files': 'path varchar',
        'vanished_files': 'path varchar',
        'table_states': 'table_name varchar, settings varchar, batch_number integer, first_future_timestamp timestamp',
    }.items() %}
        {% do statements.append("create table if not exists " ~ intake_table(name) ~ " (" ~ columns ~ ")") %}
    {% endfor %}
    {#- a warehouse of an older version has not got it -#}
    {% do statements.append(
        "alter table " ~ intake_table('table_states') ~ " add column if not exists first_future_timestamp timestamp"
    ) %}
    {% do run_query(statements | join('; ')) %}
{% endmacro %}
