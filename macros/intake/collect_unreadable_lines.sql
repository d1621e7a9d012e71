{# DuckDB only: fills the table of CSV lines that cannot be read as text (not UTF-8, or over 2 MB), which would
   otherwise stop the run or be lost. Runs at the start of every run with raw files.

   files: {'users': [paths of CSV files], …}. #}
{% macro collect_unreadable_lines(files) %}
    {% do run_query(
        "create or replace table " ~ unreadable_lines()
        ~ " (source_table varchar, file_path varchar, line_number bigint, raw_row varchar, row_problem varchar)"
    ) %}
    {% for table, paths in files.items() if paths %}
        {% set rejects = 'pingtop_rejected_lines' %}
        {% do run_query("drop table if exists " ~ rejects) %}
        {% do run_query("drop table if exists " ~ rejects ~ "_scans") %}
        {% do run_query("select count(line) from (" ~ csv_lines(paths, rejects=rejects) ~ ") as readable_lines") %}
        {% do run_query(
            "insert into " ~ unreadable_lines()
            ~ " select '" ~ table ~ "', scans.file_path, rejected.line, rejected.csv_line,"
            ~ " case when rejected.error_type = 'INVALID ENCODING' then 'malformed line: not UTF-8'"
            ~ " else 'malformed line: too long' end"
            ~ " from " ~ rejects ~ " as rejected inner join " ~ rejects ~ "_scans as scans"
            ~ " on rejected.scan_id = scans.scan_id and rejected.file_id = scans.file_id"
        ) %}
    {% endfor %}
{% endmacro %}
