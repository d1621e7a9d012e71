{# DuckDB only: lists what there is to read in the temporary table pingtop_found_files: source_table, path, bytes and
   modified_at of files; of tables that have a `loaded_at` in every row, loaded_through, the newest, and what tells whether rows
   are still the same: rows_before, a checksum of those before it, rows_newest and newest_checksum, the number and a checksum of
   its own. The three whose names begin with `read_` are the same for the newest moment that was read so far.

   found: as in plan_intake. #}
{% macro list_found_files(found) %}
    {% do run_query(
        "create or replace temporary table pingtop_found_files (source_table varchar, path varchar, bytes bigint,"
        ~ " modified_at timestamp, is_table boolean, loaded_through timestamp, rows_before varchar, rows_newest bigint,"
        ~ " newest_checksum varchar, read_rows_before varchar, read_rows_newest bigint, read_newest_checksum varchar)"
    ) %}
    {% for source_table, files in found | rejectattr('is_table') | groupby('source_table') %}
        {% do run_query(
            "insert into pingtop_found_files by name select '" ~ source_table ~ "' as source_table, filename as path,"
            ~ " size as bytes, last_modified at time zone 'UTC' as modified_at, false as is_table from read_blob("
            ~ path_list(files | map(attribute='path') | list) ~ ")"
        ) %}
    {% endfor %}
    {% for table in found if table.is_table %}
        {% set path = sql_text(table.path) %}
        {% set values, arrivals = [], "" %}
        {% set loaded_at = arrival_of_part(table.source_table, relation_parts(table.source_table, [table])[0])
            if table.relation and table.source_table in ['interactions', 'exposures'] %}
        {% if loaded_at %}
            {% do values.append("case when count(*) = count(rows.arrived_at) then max(rows.arrived_at) end as loaded_through") %}
            {% for prefix, moment in {'': 'newest.arrived_at', 'read_': 'newest_read.arrived_at'}.items() %}
                {% set before = " filter (where rows.arrived_at < " ~ moment ~ ")" %}
                {% set of_it = " filter (where rows.arrived_at = " ~ moment ~ ")" %}
                {% do values.extend([
                    "concat_ws(' ', count(*)" ~ before ~ ", sum(row_hash)" ~ before ~ ") as " ~ prefix ~ "rows_before",
                    "count(*)" ~ of_it ~ " as " ~ prefix ~ "rows_newest",
                    "cast(sum(row_hash)" ~ of_it ~ " as varchar) as " ~ prefix ~ "newest_checksum",
                ]) %}
            {% endfor %}
            {% set arrivals = " from (select " ~ loaded_at ~ " as arrived_at, hash(raw_row) as row_hash from "
                ~ table.relation ~ " as raw_row) as rows cross join (select max(" ~ loaded_at ~ ") as arrived_at from "
                ~ table.relation ~ ") as newest cross join (select max(loaded_through) as arrived_at from "
                ~ intake_table('files_read') ~ " where path = " ~ path ~ ") as newest_read" %}
        {% endif %}
        {% do run_query(
            "insert into pingtop_found_files by name select '" ~ table.source_table ~ "' as source_table, " ~ path
            ~ " as path, true as is_table" ~ (", " if values else "") ~ values | join(", ") ~ arrivals
        ) %}
    {% endfor %}
{% endmacro %}
