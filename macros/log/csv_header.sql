{# DuckDB only: the column names in the first line of a CSV file, as a list; stops the run where there are none.

   file: its path. example: a header that would be right, for the error. #}
{% macro csv_header(file, example) %}
    {#- the equals sign keeps a field what it is: dbt would turn texts such as 1 or null into other values -#}
    {% set fields = run_query(
        "select '=' || unnest(coalesce(" ~ csv_fields("coalesce(line, '')") ~ ", [null])) from ("
        ~ csv_lines([file], 'header') ~ ") as header_line"
    ).columns[0].values() %}
    {% set names = [] %}
    {% for field in fields %}
        {% do names.append((field or '')[1:] | replace('\ufeff', '') | trim) %}
    {% endfor %}
    {% set problem = none %}
    {% if not fields %}
        {% set problem = 'is empty' %}
    {% elif fields[0] is none %}
        {% set problem = 'has a header with broken quotes' %}
    {% elif not names | join('') %}
        {% set problem = 'begins with a blank line' %}
    {% endif %}
    {% if problem %}
        {% do exceptions.raise_compiler_error(
            file ~ " " ~ problem ~ ": let its first line be a header such as " ~ example ~ "."
        ) %}
    {% endif %}
    {{ return(names) }}
{% endmacro %}
