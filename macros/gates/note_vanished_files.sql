{# DuckDB only, part of a run hook: notes the files of the log that were read and are no longer there, in the table vanished_files. They
   stay there from build to build, until they are back, until `dbt build --full-refresh` takes the log as it is, or until
   another log is read.

   settings: of log_settings. old_settings: those of the last run, none in the first. Compares pingtop_found_files with files_read. #}
{% macro note_vanished_files(settings, old_settings) %}
    {% set vanished, read = intake_table('vanished_files'), intake_table('files_read') %}
    {% set is_other_log = old_settings.get('the raw location') != settings['the raw location']
        or old_settings.get('the mapping') != settings['the mapping'] %}
    {% if flags.FULL_REFRESH or is_other_log %}
        {% do run_query("delete from " ~ vanished) %}
    {% else %}
        {% do run_query("delete from " ~ vanished ~ " where path in (select path from pingtop_found_files)") %}
        {% do run_query(
            "insert into " ~ vanished ~ " select distinct path from " ~ read ~ " where bytes is not null"
            ~ " and path not in (select path from pingtop_found_files) and path not in (select path from " ~ vanished ~ ")"
        ) %}
    {% endif %}
{% endmacro %}
