{# DuckDB only: the lines of CSV files as text, one row per line, nothing lost and nothing refused.

   files: list of paths (.csv or .csv.gz).
   part: 'rows', every line after the first of each file, blank ones left out; or 'header', the first line, null where
   it is blank (no row at all where a file is empty).
   Columns: line (decoded text) and is_valid_utf8.

   The bytes are read as Latin-1, which accepts every byte, with a delimiter that no log contains; a line with bytes
   above 127 is then turned back into bytes and decoded as UTF-8. A line that is not UTF-8 keeps its Latin-1 reading. #}
{% macro csv_lines(files, part='rows') %}
    select
        coalesce(decoded_line, line) as line,
        decoded_line is not null as is_valid_utf8,
    from (
        select
            line,
            case
                when regexp_full_match(line, '[\x00-\x7F]*') then line
                else try(decode(unhex(array_to_string(
                    list_transform(string_split(line, ''), lambda letter: printf('%02x', unicode(letter))), ''
                ))))
            end as decoded_line,
        from read_csv(
            [
                {%- for file in files %}
                {{ dbt.string_literal(dbt.escape_single_quotes(file)) }},
                {%- endfor %}
            ],
            auto_detect = false, header = false, skip = {{ 1 if part == 'rows' else 0 }}, columns = {'line': 'varchar'},
            delim = chr(1) || chr(2), quote = '', escape = '', new_line = '\n', encoding = 'latin-1',
            strict_mode = false, max_line_size = 33554432
        )
        {% if part == 'rows' -%}
        where trim(line, chr(32) || chr(9) || chr(13)) <> ''
        {%- else -%}
        limit 1
        {%- endif %}
    ) as raw_lines
{% endmacro %}
