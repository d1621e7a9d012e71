{# DuckDB only: groups CSV files by their header, since each file of a folder may have its own.

   table: one of raw_contract. files: list of paths.
   Returns a list of {'header': [names], 'files': [paths]}. A file without a usable header stops the run. #}
{% macro csv_groups(table, files) %}
    {% set groups = {} %}
    {% for file in files %}
        {% set header = csv_header(file, raw_contract(table) | map(attribute='name') | join(',')) %}
        {% do match_raw_columns(table, header, file) %}
        {% set key = header | join('\n') %}
        {% if key not in groups %}
            {% do groups.update({key: {'header': header, 'files': []}}) %}
        {% endif %}
        {% do groups[key]['files'].append(file) %}
    {% endfor %}
    {{ return(groups.values() | list) }}
{% endmacro %}
