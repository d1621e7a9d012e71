{# DuckDB only: of the given files of a table, those that this run reads: the new ones of a log, all of another table.

   table: one of raw_contract. files: list of paths. #}
{% macro files_to_read(table, files) %}
    {% set numbers = file_numbers(table) %}
    {{ return(files if numbers is none else files | select('in', numbers) | list) }}
{% endmacro %}
