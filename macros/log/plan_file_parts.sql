{# DuckDB only, part of a run hook: looks into the files that this run reads, and keeps what the models need to read them, so that they
   read what was looked at: the parts (as file_parts gives them, in the table source_parts) and the lines that are no text.

   sources: of raw_sources. A file that cannot be read, or lacks a vital column, stops the run. #}
{% macro plan_file_parts(sources) %}
    {% do create_intake_tables() %}
    {% set columns_read, parts_table = intake_table('source_columns'), intake_table('source_parts') %}
    {% do run_query("delete from " ~ parts_table) %}
    {% set paths = [] %}
    {% for table in sources %}{% do paths.extend(sources[table] | map(attribute='path')) %}{% endfor %}
    {#- the ledger still has a file that is gone: it is written anew when the rows are stored -#}
    {% do run_query(
        "delete from " ~ columns_read ~ " where source_table not in ('interactions', 'exposures') or path not in (select path from "
        ~ intake_table('files_read') ~ ") or path in (select path from " ~ intake_table('files_to_read') ~ ")"
        ~ " or path not in (" ~ text_list(paths) ~ ")"
    ) %}
    {% do note_unread_files(sources) %}
    {% set files = {} %}
    {% for table in sources %}
        {% set to_read = files_to_read(table, sources[table] | rejectattr('is_table') | map(attribute='path') | list) %}
        {% do files.update({table: []}) %}
        {% for source in sources[table] if source.path in to_read and not source.is_table %}
            {% do files[table].append(readable_file(source)) %}
        {% endfor %}
    {% endfor %}
    {% do collect_unreadable_lines(files) %}
    {% for table in files %}
        {% for part in file_parts(table, files[table]) %}
            {% do note_columns(table, part) %}
            {% do run_query(
                "insert into " ~ parts_table ~ " values ('" ~ table ~ "', "
                ~ sql_text(tojson(part)) ~ ")"
            ) %}
        {% endfor %}
    {% endfor %}
    {% do run_query(
        "create or replace table " ~ unreadable_lines() ~ " as select * from " ~ unreadable_lines(temporary=true)
    ) %}
{% endmacro %}
