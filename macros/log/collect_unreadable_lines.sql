{# DuckDB only: finds the CSV lines that cannot be read as text (not UTF-8, or over 2 MB), which would otherwise stop
   the run or be lost, and keeps them in the temporary table unreadable_lines(temporary=true). Of a line over 2 MB only
   the first 10,000 characters are kept.

   files: {'users': [paths of CSV files], …}. A header that cannot be read stops the run, as does a file cut short. #}
{% macro collect_unreadable_lines(files) %}
    {% set unreadable = unreadable_lines(temporary=true) %}
    {% do run_query(
        "create or replace temporary table " ~ unreadable
        ~ " (source_table varchar, file_path varchar, byte_position bigint, file_number integer, raw_row varchar, row_problem varchar)"
    ) %}
    {% set rejects, sizes = 'pingtop_rejected_lines', 'pingtop_csv_sizes' %}
    {% for table, paths in files.items() if paths %}
        {% do run_query("drop table if exists " ~ rejects) %}
        {% do run_query("drop table if exists " ~ rejects ~ "_scans") %}
        {% do run_query(
            "create or replace temporary table " ~ sizes ~ " as"
            ~ " select filename as file_path, coalesce(sum(strlen(line)), 0) + count(*) as n_bytes"
            ~ " from (" ~ csv_lines(paths, 'all', rejects) ~ ") as readable_lines group by filename"
        ) %}
        {% set headers = run_query(
            "select scans.file_path from " ~ rejects ~ " as rejected inner join " ~ rejects ~ "_scans as scans"
            ~ " on rejected.scan_id = scans.scan_id and rejected.file_id = scans.file_id"
            ~ " where rejected.line = 1 order by scans.file_path"
        ).columns[0].values() %}
        {% if headers %}
            {% do exceptions.raise_compiler_error(
                headers[0] ~ " begins with a line that is not UTF-8 text or is longer than 2 MB: save the file as CSV in "
                ~ "UTF-8, with a header such as " ~ raw_contract(table) | map(attribute='name') | join(',') ~ "."
            ) %}
        {% endif %}
        {% do run_query(
            "insert into " ~ unreadable
            ~ " select '" ~ table ~ "', scans.file_path, rejected.byte_position,"
            ~ " (select max(file_number) from " ~ intake_table('files_to_read') ~ " where path = scans.file_path),"
            ~ " trim(rejected.csv_line, chr(10) || chr(13)),"
            ~ " case when rejected.error_type = 'INVALID ENCODING' then 'malformed line: not UTF-8'"
            ~ " else 'malformed line: too long' end"
            ~ " from " ~ rejects ~ " as rejected inner join " ~ rejects ~ "_scans as scans"
            ~ " on rejected.scan_id = scans.scan_id and rejected.file_id = scans.file_id"
        ) %}
        {% do run_query(
            "delete from " ~ sizes ~ " where file_path in (select file_path from " ~ unreadable ~ ")"
        ) %}
        {% do check_gzip_files(paths, sizes) %}
    {% endfor %}
{% endmacro %}
