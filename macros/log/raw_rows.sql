{# The raw rows of a table, as they came, under the canonical column names: from the tables in raw_schema, the files in
   raw_location, or the seeds of the demo. Of the log, those that this run reads.

   table: one of raw_contract. No row where it may be missing and is: the demo has users, pings and interactions only.
   numbered: adds raw_row_number, 1 for the first raw row; a full ordering costs time, so only where the order matters.
   Columns: the canonical ones (null where the source has none), then
     raw_row      the row as text: the line of a CSV file, else the values as such a line
     row_problem  null, or why the line cannot be split into its columns
     raw_row_number  where numbered
     file_number  of a log: the number of the row's file among those that were read #}
{% macro raw_rows(table, numbered=false) %}
    {%- if raw_schema() -%}
        {%- set declared = source('raw_tables', table) -%}
        {%- if not execute -%}
            select * from {{ declared }}
        {%- elif raw_table(table) is none -%}
            {{ no_rows(table, numbered) }}
        {%- else -%}
            {{ relation_rows(table, raw_table(table), numbered) }}
        {%- endif -%}
    {%- elif not raw_location() -%}
        {%- if table in ['users', 'pings', 'interactions'] -%}
            {{ relation_rows(table, ref('raw_' ~ table), numbered) }}
        {%- else -%}
            {{ no_rows(table, numbered) }}
        {%- endif -%}
    {%- elif execute -%}
        {{ adapter.dispatch('raw_file_rows', 'pingtop')(table, numbered) }}
    {%- else -%}
        select 1 as not_rendered_while_parsing
    {%- endif -%}
{% endmacro %}

{% macro default__raw_file_rows(table, numbered) %}
    {%- do default__check_raw_files() -%}
{% endmacro %}

{% macro duckdb__raw_file_rows(table, numbered) %}
    {%- set numbers = file_numbers(table) -%}
    {%- set files = raw_files(table) -%}
    {%- set parts = [] -%}
    {%- for group in parquet_groups(table, files_to_read(table, files['parquet'])) -%}
        {%- do parts.append(table_rows(
            table, parquet_scan(group['files']), group['columns'], group['files'][0],
            file_number=file_number(group['files'], numbers)
        )) -%}
    {%- endfor -%}
    {%- set csv_files = files_to_read(table, files['csv']) -%}
    {%- for group in csv_groups(table, csv_files) -%}
        {%- do parts.append(csv_rows(table, group, file_number(group['files'], numbers))) -%}
    {%- endfor -%}
    {%- if not parts -%}
        {{ return(no_rows(table, numbered)) }}
    {%- endif -%}
    {%- if csv_files -%}
        {%- do parts.append(unreadable_rows(table)) -%}
    {%- endif -%}
    select
        *,
        {%- if numbered %}
        row_number() over () as raw_row_number,
        {%- endif %}
    from (
        {{ parts | join('\n        union all\n') }}
    ) as raw_rows
{% endmacro %}
