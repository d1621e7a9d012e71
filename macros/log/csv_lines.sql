{# DuckDB only: the lines of CSV files as text, one row per line, in the column line.

   files: list of paths.
   part: 'rows', every line after the first of each file, blank ones left out; 'objects', the same with the first, for JSON lines;
   'header', the first line, null where it is blank (no row at all where a file is empty); or 'all', every line, with the column filename.
   with_index: true for the column file_index too, the place of the line's file in the list, from 0 on.
   compression: none, gzip or zstd, of all files.
   rejects: name of a temporary table to fill with the lines that cannot be read as text; for 'all' only.

   Whole lines are read, with a delimiter that no log contains, because DuckDB's own parsing of broken CSV loses rows.
   A line that is not UTF-8, or longer than the limit, is left out: collect_unreadable_lines keeps those. A carriage
   return ends a line too, alone or before a line feed. #}
{% macro csv_lines(files, part='rows', rejects=none, with_index=false, compression=none) %}
    select line{{ ', filename' if part == 'all' }}{{ ', file_index' if with_index }}
    from read_csv(
        {{ path_list(files) }},
        auto_detect = false, header = false, skip = {{ 1 if part == 'rows' else 0 }},
        columns = {'line': 'varchar'}, delim = '{{ "\x01\x02" }}', quote = '', escape = '', new_line = '\n',
        strict_mode = false, ignore_errors = true, hive_partitioning = false, compression = '{{ compression or 'none' }}'
        {%- if part == 'all' -%}
        , filename = true
        {%- endif -%}
        {%- if rejects -%}
        , store_rejects = true, rejects_table = '{{ rejects }}', rejects_scan = '{{ rejects }}_scans', rejects_limit = 0
        {%- endif %}
        {#- read in parallel, a large file may give a later line first, and some of the lines that are too long are
            neither read nor rejected -#}
        {%- if part not in ['rows', 'objects'] %}
        , parallel = false
        {%- endif %}
    )
    {% if part in ['rows', 'objects'] -%}
    where trim(line, chr(32) || chr(9) || chr(13)) <> ''
    {%- elif part == 'header' -%}
    limit 1
    {%- endif %}
{% endmacro %}
