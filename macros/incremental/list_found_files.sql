{# DuckDB only: lists what there is to read in the temporary table pingtop_found_files: source_table, path, bytes and
   modified_at of files; of tables that have a `loaded_at` in every row, loaded_through, the newest, rows_before, the number of
   rows before it, and rows_before_read, the number of rows before the newest that was read so far.

   found: as in plan_intake. #}
{% macro list_found_files(found) %}
    {% do run_query(
        "create or replace temporary table pingtop_found_files (source_table varchar, path varchar, bytes bigint,"
        ~ " modified_at timestamp, is_table boolean, loaded_through timestamp, rows_before bigint, rows_before_read bigint)"
    ) %}
    {% for source_table, files in found | rejectattr('is_table') | groupby('source_table') %}
        {% do run_query(
            "insert into pingtop_found_files select '" ~ source_table ~ "', filename, size,"
            ~ " last_modified at time zone 'UTC', false, null, null, null from read_blob("
            ~ path_list(files | map(attribute='path') | list) ~ ")"
        ) %}
    {% endfor %}
    {% for table in found if table.is_table %}
        {% set path = dbt.string_literal(dbt.escape_single_quotes(table.path)) %}
        {% set values = "null, null, null" %}
        {% set arrivals = "" %}
        {% set loaded_at = loaded_at_column(table.relation) | trim
            if table.relation and table.source_table in ['interactions', 'exposures'] %}
        {% if loaded_at %}
            {% set values = "case when count(*) = count(loaded_at) then max(loaded_at) end,"
                ~ " count(*) filter (where loaded_at < newest), count(*) filter (where loaded_at < newest_read)" %}
            {% set arrivals = " from (select *, max(loaded_at) over () as newest, (select max(loaded_through) from "
                ~ intake_table('files_read') ~ " where path = " ~ path ~ ") as newest_read from (select " ~ loaded_at
                ~ " as loaded_at from " ~ table.relation ~ ") as rows) as arrivals" %}
        {% endif %}
        {% do run_query(
            "insert into pingtop_found_files select '" ~ table.source_table ~ "', " ~ path ~ ", null, null, true, "
            ~ values ~ arrivals
        ) %}
    {% endfor %}
{% endmacro %}
