{# DuckDB only, part of collect_unreadable_lines: keeps what a scan of text files has rejected, and marks the CSV files with open quotes.

   table: one of raw_contract. files: of readable_file. rejects, sizes: temporary tables of the scan. #}
{% macro keep_unreadable_lines(table, files, rejects, sizes) %}
    {% set unreadable = unreadable_lines(temporary=true) %}
    {% set headers = run_query(
        "select scans.file_path from " ~ rejects ~ " as rejected inner join " ~ rejects ~ "_scans as scans"
        ~ " on rejected.scan_id = scans.scan_id and rejected.file_id = scans.file_id"
        ~ " where rejected.line = 1 order by scans.file_path"
    ).columns[0].values() %}
    {% for file in files if file.kind == 'csv' and file.path in headers %}
        {% do exceptions.raise_compiler_error(
            file.path ~ " begins with a line that is not UTF-8 text or is longer than 2 MB: save the file as CSV in "
            ~ "UTF-8, or name its encoding in mapping.yml; let it have a header such as "
            ~ raw_contract(table) | map(attribute='name') | join(',') ~ "."
        ) %}
    {% endfor %}
    {% do run_query(
        "insert into " ~ unreadable
        ~ " select '" ~ table ~ "', scans.file_path, rejected.byte_position,"
        ~ " (select max(file_number) from " ~ intake_table('files_to_read') ~ " where path = scans.file_path and source_table = '"
        ~ table ~ "'),"
        ~ " trim(rejected.csv_line, chr(10) || chr(13)),"
        ~ " case when rejected.error_type = 'INVALID ENCODING' then 'malformed line: not UTF-8'"
        ~ " else 'malformed line: too long' end"
        ~ " from " ~ rejects ~ " as rejected inner join " ~ rejects ~ "_scans as scans"
        ~ " on rejected.scan_id = scans.scan_id and rejected.file_id = scans.file_id"
    ) %}
    {% set open = run_query("select file_path from " ~ sizes ~ " where n_open_quotes > 0").columns[0].values() %}
    {% for file in files if file.kind == 'csv' and file.path in open %}
        {% do file.update({'has_open_quotes': true}) %}
    {% endfor %}
    {% do run_query(
        "delete from " ~ sizes ~ " where file_path in (select file_path from " ~ unreadable ~ ")"
    ) %}
{% endmacro %}
