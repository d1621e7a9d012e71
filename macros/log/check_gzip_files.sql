{# DuckDB only: stops the run where a .csv.gz file is cut short: DuckDB reads such a file as far as it goes, without a
   word. The last four bytes of a gzip file are the size of its content (of its last part, where several were joined);
   those of a cut one are as good as random, and nearly always more than what could be read.

   files: list of paths. sizes: table with file_path and n_bytes, what could be read of it. Files of which a line could
   not be read, whose size is not known, and those over 500 MB, which would have to fit into memory, are not checked. #}
{% macro check_gzip_files(files, sizes) %}
    {% for file in files if file.lower().endswith('.gz') %}
        {% set is_cut = run_query(
            "select size_as_hex.file_path from ("
            ~ "select filename as file_path, hex(content[-4:]) as last_bytes from read_blob("
            ~ path_list([file]) ~ ") where (select size from read_blob(" ~ path_list([file]) ~ ")) < 500000000"
            ~ ") as size_as_hex inner join " ~ sizes ~ " as sizes on size_as_hex.file_path = sizes.file_path"
            ~ " where cast('0x' || last_bytes[7:8] || last_bytes[5:6] || last_bytes[3:4] || last_bytes[1:2] as bigint)"
            ~ " > sizes.n_bytes + 4"
        ).rows %}
        {% if is_cut %}
            {% do exceptions.raise_compiler_error(
                file ~ " is cut short (it holds less than its end says): write or copy it again, or take it away."
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}
