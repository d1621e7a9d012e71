{# DuckDB only: the lines of CSV files that share one header, with their fields: line, file_index, fields and row_problem, which says why
   a line cannot be split. part: of file_parts. is_log: whether the table is one of the two logs. #}
{% macro csv_rows(part, is_log) %}
    {%- set header = sql_text(
        part.columns[:part.n_own] | map(attribute='name') | join('\x1f') | replace(' ', '')
    ) %}
        select
            line,
            file_index,
            coalesce(
                line_problem,
                case
                    when split_fields is null then 'malformed line: broken quotes'
                    when len(split_fields) < {{ part.n_own }} then 'malformed line: too few fields'
                    when len(split_fields) > {{ part.n_own }} then 'malformed line: too many fields'
                    {%- if not is_log %}
                    -- of exports joined with cat: in a log it has no event type or no timestamp
                    when replace(replace(array_to_string(split_fields, chr(31)), chr(65279), ''), ' ', '') = {{ header }}
                        then 'malformed line: the header again'
                    {%- endif %}
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
