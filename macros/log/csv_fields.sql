{# DuckDB only: splits one CSV line (RFC 4180: comma, double quotes, quotes doubled inside) into a list of texts.

   line: a text expression. Null where the quoting is broken. A line is a row: a quoted line break ends the row. #}
{% macro csv_fields(line) -%}
    case
        when not contains({{ line }}, '"') then string_split({{ line }}, ',')
        when regexp_full_match({{ line }} || ',', '(("([^"]|"")*"|[^",][^,]*|),)*')
            then list_transform(
                regexp_extract_all({{ line }} || ',', '("(?:[^"]|"")*"|[^",][^,]*|),', 1),
                lambda field: case
                    when starts_with(field, '"') then replace(field[2:-2], '""', '"')
                    else field
                end
            )
    end
{%- endmacro %}
