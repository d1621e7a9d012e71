{# DuckDB only, part of a run hook: decides which files of the log this run reads: those that are new or, where what was read
   no longer holds, all of them. A sentence then says why.

   found: list of {'source_table', 'path', 'is_table', 'relation'}, with the relation of what is a table of the database
   that may have a `loaded_at`: it is then read from the newest one on that was read.

   What it decides is in intake_plan and files_to_read. Nothing counts as read before its rows are stored: int_interactions
   and int_exposures then copy their lines of files_to_read into files_read, in the transaction that stores the rows. #}
{% macro plan_intake(found) %}
    {#- a run that builds nothing, as dbt test, leaves the plan of the last one -#}
    {% if not is_building() %}
        {{ return(none) }}
    {% endif %}
    {% do create_intake_tables() %}
    {% do list_found_files(found) %}
    {% set settings = log_settings() %}
    {% set plans = run_query("select settings from " ~ intake_table('intake_plan')).columns[0].values() %}
    {% set old_settings = fromjson(plans[0]) if plans else {} %}
    {% do note_vanished_files(settings, old_settings) %}
    {% set reason = reason_to_read_all(settings, old_settings) %}
    {% if reason.sentence %}
        {{ print("The warehouse is built whole: " ~ reason.sentence ~ ".") }}
    {% endif %}
    {% set read = intake_table('files_read') %}
    {% set logs = "source_table in ('interactions', 'exposures')" %}
    {% set columns = "source_table, path, bytes, modified_at" %}
    {% do run_query("delete from " ~ intake_table('files_to_read')) %}
    {% if reason.is_whole %}
        {% set last_batch, last_file = 0, 0 %}
        {% set is_new, loaded_from = logs, "null" %}
    {% else %}
        {% set last_batch = run_query("select max(batch_number) from " ~ intake_table('table_states')
            ~ " where table_name in ('int_interactions', 'int_exposures')").columns[0].values()[0] | int %}
        {% set last_file = run_query("select coalesce(max(file_number), 0) from " ~ read).columns[0].values()[0] | int %}
        {% set is_new = logs ~ " and (path not in (select path from " ~ read ~ ") or is_table)" %}
        {% set loaded_from = "(select max(loaded_through) from " ~ read ~ " where path = pingtop_found_files.path)" %}
    {% endif %}
    {% set n_new = run_query("select count(*) from pingtop_found_files where " ~ is_new).columns[0].values()[0] | int %}
    {% set batch = last_batch + (1 if n_new or reason.is_whole else 0) %}
    {% do run_query(
        "insert into " ~ intake_table('files_to_read') ~ " select " ~ columns ~ ", " ~ last_file
        ~ " + row_number() over (order by source_table, path), " ~ batch ~ ", " ~ loaded_from ~ ", loaded_through, rows_before,"
        ~ " rows_newest, newest_checksum from pingtop_found_files where " ~ is_new
        ~ " union all select " ~ columns ~ ", null, " ~ batch ~ ", null, null, null, null, null"
        ~ " from pingtop_found_files where not " ~ logs
    ) %}
    {% set log_id = invocation_id if reason.is_whole
        else run_query("select log_id from " ~ intake_table('intake_plan')).columns[0].values()[0] %}
    {% do run_query("delete from " ~ intake_table('intake_plan')) %}
    {% do run_query(
        "insert into " ~ intake_table('intake_plan') ~ " values ('" ~ log_id ~ "', " ~ batch ~ ", "
        ~ sql_text(tojson(settings)) ~ ")"
    ) %}
{% endmacro %}
