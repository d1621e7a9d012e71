{# The raw rows of a table, as they came, under the canonical column names: from the tables in raw_schema, the files in
   raw_location, what the mapping names, or the seeds of the demo. Of the log, those that this run reads.

   table: one of raw_contract. No row where nothing holds the table.
   numbered: adds raw_row_number, 1 for the first raw row; a full ordering costs time, so only where the order matters.
   Columns: the canonical ones (null where the source has none), then
     own_…        further columns that are features of the ranking, as text
     raw_row      the row as text: the line of a text file, else the values as a line of CSV
     row_problem  null, or why the row cannot be split into its columns, or is no event
     raw_row_number  where numbered
     file_number  of a log: the number of the row's file among those that were read #}
{% macro raw_rows(table, numbered=false) %}
    {#- what dbt's graph goes by -#}
    {%- set declared = source('raw_tables', table) if raw_schema()
        else ref('raw_' ~ table) if not raw_location() and table in ['users', 'pings', 'interactions'] -%}
    {%- if not execute -%}
        {{ return("select * from " ~ declared if declared else "select 1 as not_rendered_while_parsing") }}
    {%- endif -%}
    {%- set parts, queries = raw_parts(table), [] -%}
    {%- set is_one_table = parts | length == 1 and parts[0].kind == 'relation' -%}
    {%- for part in parts -%}
        {%- do queries.extend(part_rows(table, part, numbered and is_one_table)) -%}
    {%- endfor -%}
    {%- if not queries -%}
        {{ return(no_rows(table, numbered)) }}
    {%- elif is_one_table and queries | length == 1 -%}
        {{ return(queries[0]) }}
    {%- endif -%}
    {%- if parts | selectattr('kind', 'in', ['csv', 'json']) | list -%}
        {%- do queries.append(unreadable_rows(table)) -%}
    {%- endif -%}
    select
        raw_rows.*
        {%- if numbered and not is_one_table %},
        {{ raw_row_number(none) }} as raw_row_number
        {%- endif %}
    from (
        {{ queries | join('\n        union all\n') }}
    ) as raw_rows
{% endmacro %}
