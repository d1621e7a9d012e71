{# DuckDB only: the numbers of the files of a log that this run reads, as {path: number}; none for a table that is no log.

   table: one of raw_contract. #}
{% macro file_numbers(table) %}
    {% if table not in ['interactions', 'exposures'] %}
        {{ return(none) }}
    {% endif %}
    {% do create_intake_tables() %}
    {% set numbers = {} %}
    {% for row in run_query(
        "select path, file_number from " ~ intake_table('files_to_read') ~ " where source_table = '" ~ table ~ "'"
    ).rows %}
        {% do numbers.update({row[0] | string: row[1] | int}) %}
    {% endfor %}
    {{ return(numbers) }}
{% endmacro %}
