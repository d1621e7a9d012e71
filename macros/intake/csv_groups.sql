{# DuckDB only: groups CSV files by their header, since each file of a folder may have its own.

   table: users, pings or interactions. files: list of paths.
   Returns a list of {'header': [names], 'files': [paths]}. #}
{% macro csv_groups(table, files) %}
    {% set groups = {} %}
    {% for file in files %}
        {% set header = [] %}
        {% set fields = run_query(
            "select unnest(" ~ csv_fields("rtrim(line, chr(13))") ~ ") from (" ~ csv_lines([file], 'header')
            ~ ") as header_line"
        ) %}
        {% for name in fields.columns[0].values() %}
            {% do header.append((name or '') | replace('\ufeff', '') | trim) %}
        {% endfor %}
        {% if not header | join('') %}
            {% do exceptions.raise_compiler_error(
                file ~ " is empty or begins with a blank line: the first line of a CSV file is its header, such as "
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
