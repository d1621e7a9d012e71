{# DuckDB only: splits one CSV line (RFC 4180: double quotes, quotes doubled inside) into a list of texts.

   line: a text expression. delimiter: one letter. Null where the quoting is broken. #}
{% macro csv_fields(line, delimiter=',') -%}
    {#- in a class of a regular expression, some letters would mean something else -#}
    {%- set letter = ('\\' if delimiter in ['^', ']', '\\'] else '') ~ delimiter -%}
    {%- set pattern = '("(?:[^"]|"")*"|[^"D][^D]*|)[D]' | replace('D', letter) -%}
    case
        when not contains({{ line }}, '"') then string_split({{ line }}, '{{ delimiter }}')
        when regexp_full_match({{ line }} || '{{ delimiter }}', '({{ pattern }})*')
            then list_transform(
                regexp_extract_all({{ line }} || '{{ delimiter }}', '{{ pattern }}', 1),
                lambda field: case
                    when starts_with(field, '"') then replace(field[2:-2], '""', '"')
                    else field
                end
            )
    end
{%- endmacro %}
