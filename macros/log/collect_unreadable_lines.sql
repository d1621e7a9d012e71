{# DuckDB only: finds the lines of text files that cannot be read as text (not UTF-8, or over 2 MB), which would otherwise stop
   the run or be lost, and keeps them in the temporary table unreadable_lines(temporary=true). Of a line over 2 MB only
   the first 10,000 characters are kept. A CSV file that has line breaks inside quotes is converted (converted_file).

   files: {'users': [files, as of readable_file], …}, in which a converted one is changed. A header that cannot be read stops the
   run, as does a file cut short. #}
{% macro collect_unreadable_lines(files) %}
    {% set unreadable = unreadable_lines(temporary=true) %}
    {% do run_query(
        "create or replace temporary table " ~ unreadable
        ~ " (source_table varchar, file_path varchar, byte_position bigint, file_number integer, raw_row varchar, row_problem varchar)"
    ) %}
    {% set rejects, sizes = 'pingtop_rejected_lines', 'pingtop_text_sizes' %}
    {% for table in files %}
        {% for compression in [none, 'gzip', 'zstd'] %}
            {% set paths = files[table] | rejectattr('kind', 'equalto', 'parquet') | rejectattr('is_converted')
                | selectattr('compression', 'equalto', compression) | map(attribute='path') | list %}
            {% if compression == 'zstd' %}{% do check_zstd_files(paths) %}{% endif %}
            {% if paths %}
                {% do run_query("drop table if exists " ~ rejects) %}
                {% do run_query("drop table if exists " ~ rejects ~ "_scans") %}
                {% do run_query(
                    "create or replace temporary table " ~ sizes ~ " as"
                    ~ " select filename as file_path, coalesce(sum(strlen(line)), 0) + count(*) as n_bytes,"
                    ~ " count(*) filter (where (length(line) - length(replace(line, chr(34), ''))) % 2 = 1) as n_open_quotes"
                    ~ " from (" ~ csv_lines(paths, 'all', rejects, compression=compression) ~ ") as readable_lines group by filename"
                ) %}
                {% do keep_unreadable_lines(table, files[table], rejects, sizes) %}
                {% do check_gzip_files(paths, sizes) %}
            {% endif %}
        {% endfor %}
        {% if has_file_plugin() %}
            {% for file in files[table] if file.has_open_quotes %}
                {% do file.update({'read_from': converted_file(file, 'utf-8'), 'compression': none, 'is_converted': true}) %}
                {% do run_query("delete from " ~ unreadable ~ " where file_path = "
                    ~ sql_text(file.path)) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
{% endmacro %}
