{# DuckDB only: groups CSV files by their header, since each file of a folder may have its own.

   table: users, pings or interactions. files: list of paths.
   Returns a list of {'header': [names], 'files': [paths]}. A file without a usable header stops the run. #}
{% macro csv_groups(table, files) %}
    {% set groups = {} %}
    {% for file in files %}
        {% set header = [] %}
        {#- the equals sign keeps a field what it is: dbt would turn texts such as 1 or null into other values -#}
        {% set fields = run_query(
            "select '=' || unnest(coalesce(" ~ csv_fields("coalesce(line, '')") ~ ", [null])) from ("
            ~ csv_lines([file], 'header') ~ ") as header_line"
        ).columns[0].values() %}
        {% for field in fields %}
            {% do header.append((field or '')[1:] | replace('\ufeff', '') | trim) %}
        {% endfor %}
        {% set problem = none %}
        {% if not fields %}
            {% set problem = 'is empty' %}
        {% elif fields[0] is none %}
            {% set problem = 'has a header with broken quotes' %}
        {% elif not header | join('') %}
            {% set problem = 'begins with a blank line' %}
        {% endif %}
        {% if problem %}
            {% do exceptions.raise_compiler_error(
                file ~ " " ~ problem ~ ": let its first line be a header such as "
                ~ raw_contract(table) | map(attribute='name') | join(',') ~ "."
            ) %}
        {% endif %}
        {% do match_raw_columns(table, header, file) %}
        {% set key = header | join('\n') %}
        {% if key not in groups %}
            {% do groups.update({key: {'header': header, 'files': []}}) %}
        {% endif %}
        {% do groups[key]['files'].append(file) %}
    {% endfor %}
    {{ return(groups.values() | list) }}
{% endmacro %}
