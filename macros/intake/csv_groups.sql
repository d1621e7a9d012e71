{# DuckDB only: groups CSV files by their header, since each file of a folder may have its own.

   table: users, pings or interactions. files: list of paths.
   Returns a list of {'header': [names], 'files': [paths]}. #}
{% macro csv_groups(table, files) %}
    {% set groups = {} %}
    {% for file in files %}
        {% set head = run_query(
            "select line, " ~ csv_fields('line') ~ " as fields from (" ~ csv_lines([file], 'header') ~ ") as header"
        ) %}
        {% if head.rows | length == 0 or not head.rows[0][0] %}
            {% do exceptions.raise_compiler_error(
                file ~ " is empty or begins with a blank line: the first line of a CSV file is its header, such as "
                ~ raw_contract(table) | map(attribute='name') | join(',') ~ "."
            ) %}
        {% endif %}
        {% set names = head.rows[0][1] or [] %}
        {% set header = [] %}
        {% for name in names %}
            {% do header.append(name | replace('\ufeff', '') | trim) %}
        {% endfor %}
        {% do match_raw_columns(table, header, file) %}
        {% set key = header | join('\n') %}
        {% if key not in groups %}
            {% do groups.update({key: {'header': header, 'files': []}}) %}
        {% endif %}
        {% do groups[key]['files'].append(file) %}
    {% endfor %}
    {{ return(groups.values() | list) }}
{% endmacro %}
