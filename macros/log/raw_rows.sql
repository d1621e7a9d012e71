{# Every raw row of a table, as it came, under the canonical column names: from the tables in raw_schema, the files in
   raw_location, or the seeds of the demo.

   table: one of raw_contract. No row where it may be missing and is: the demo has users, pings and interactions only.
   numbered: adds raw_row_number, 1 for the first raw row; a full ordering costs time, so only where the order matters.
   only_hashes: a relation with the column event_hash; only interactions with one of these hashes are wanted. They
   are picked where the rows are read, before a text is made of each: that costs more than all other reading.
   Columns: the canonical ones (null where the source has none), then
     raw_row      the row as text: the line of a CSV file, else the values as such a line
     row_problem  null, or why the line cannot be split into its columns
     raw_row_number  where numbered #}
{% macro raw_rows(table, numbered=false, only_hashes=none) %}
    {%- if raw_schema() -%}
        {%- set declared = source('raw_tables', table) -%}
        {%- if not execute -%}
            select * from {{ declared }}
        {%- elif raw_table(table) is none -%}
            {{ no_rows(table, numbered) }}
        {%- else -%}
            {{ relation_rows(table, raw_table(table), numbered, only_hashes) }}
        {%- endif -%}
    {%- elif not raw_location() -%}
        {%- if table in ['users', 'pings', 'interactions'] -%}
            {{ relation_rows(table, ref('raw_' ~ table), numbered, only_hashes) }}
        {%- else -%}
            {{ no_rows(table, numbered) }}
        {%- endif -%}
    {%- elif execute -%}
        {{ adapter.dispatch('raw_file_rows', 'pingtop')(table, numbered, only_hashes) }}
    {%- else -%}
        select 1 as not_rendered_while_parsing
    {%- endif -%}
{% endmacro %}

{% macro default__raw_file_rows(table, numbered, only_hashes) %}
    {%- do default__check_raw_files() -%}
{% endmacro %}

{% macro duckdb__raw_file_rows(table, numbered, only_hashes) %}
    {%- set files = raw_files(table) -%}
    {%- if not files['parquet'] and not files['csv'] -%}
        {{ return(no_rows(table, numbered)) }}
    {%- endif -%}
    select
        *,
        {%- if numbered %}
        row_number() over () as raw_row_number,
        {%- endif %}
    from (
        {%- set parts = [] -%}
        {%- for group in parquet_groups(table, files['parquet']) -%}
            {%- do parts.append(table_rows(
                table, parquet_scan(group['files']), group['columns'], group['files'][0], only_hashes
            )) -%}
        {%- endfor -%}
        {%- for group in csv_groups(table, files['csv']) -%}
            {%- do parts.append(csv_rows(table, group, only_hashes)) -%}
        {%- endfor -%}
        {%- if files['csv'] -%}
            {%- do parts.append(unreadable_rows(table)) -%}
        {%- endif -%}
        {{ parts | join('\n        union all\n') }}
    ) as raw_rows
{% endmacro %}
