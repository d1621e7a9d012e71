{# DuckDB only: the rows of text files as lines: line, file_index and line_problem, which is null or why a line is no text. Without header
   lines and blank ones. part: of file_parts. #}
{% macro part_lines(part) %}
    {% if part.is_converted %}
        select
            line,
            file_index,
            row_problem as line_problem
        from {{ parquet_scan(part.read_from) }}
        where
            line_number > {{ 1 if part.kind == 'csv' else 0 }}
            and trim(line, chr(32) || chr(9) || chr(13)) <> ''
    {% else %}
        select
            line,
            file_index,
            cast(null as varchar) as line_problem
        from ({{ csv_lines(
            part.read_from, 'rows' if part.kind == 'csv' else 'objects', with_index=true, compression=part.compression
        ) }}) as lines
    {% endif %}
{% endmacro %}
