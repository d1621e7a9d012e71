{# DuckDB only: the lines of JSON lines files: line, file_index, document, which is null where the line is no JSON object, and row_problem.

   part: of file_parts. #}
{% macro json_rows(part) %}
        select
            line,
            file_index,
            case when is_object then line end as document,
            coalesce(line_problem, case when not is_object then 'malformed line: not a JSON object' end) as row_problem
        from (
            select
                rtrim(line, chr(13)) as line,
                file_index,
                line_problem,
                coalesce(case when json_valid(line) then json_type(line) end = 'OBJECT', false) as is_object
            from ({{ part_lines(part) }}) as lines
        ) as checked_lines
{% endmacro %}
