{# DuckDB only: the lines of CSV files that share one header, with their fields: line, file_index, fields and row_problem, which says why
   a line cannot be split. part: of file_parts. #}
{% macro csv_rows(part) %}
        select
            line,
            file_index,
            coalesce(
                line_problem,
                case
                    when split_fields is null then 'malformed line: broken quotes'
                    when len(split_fields) < {{ part.n_own }} then 'malformed line: too few fields'
                    when len(split_fields) > {{ part.n_own }} then 'malformed line: too many fields'
                end
            ) as row_problem,
            case when row_problem is null then split_fields end as fields
        from (
            select
                rtrim(line, chr(13)) as line,
                file_index,
                line_problem,
                {{ csv_fields('rtrim(line, chr(13))', part.delimiter) }} as split_fields
            from ({{ part_lines(part) }}) as lines
        ) as split_lines
{% endmacro %}
