{# DuckDB only: the number of a row's file, as an expression over a scan of several files; none where files have no numbers.

   files: the paths in the order of the scan. numbers: of file_numbers. #}
{% macro file_number(files, numbers) %}
    {% if numbers is none %}
        {{ return(none) }}
    {% endif %}
    {% set in_order = [] %}
    {% for file in files %}{% do in_order.append(numbers[file]) %}{% endfor %}
    {{ return('cast([' ~ in_order | join(', ') ~ '][cast(file_index as bigint) + 1] as integer)') }}
{% endmacro %}
