{# DuckDB only: the columns of a JSON object, as in file_parts, each before those nested in it.

   structure: of json_group_structure. prefix: of the names; pointer: the JSON pointer (RFC 6901) of the object. #}
{% macro json_columns(structure, prefix, pointer) %}
    {% set columns = [] %}
    {% for name, kind in structure.items() %}
        {% set place = pointer ~ '/' ~ name | replace('~', '~0') | replace('/', '~1') %}
        {% do columns.append({
            'name': prefix ~ name, 'dtype': 'JSON',
            'expression': 'json_extract_string(document, ' ~ dbt.string_literal(dbt.escape_single_quotes(place)) ~ ')',
        }) %}
        {% if kind is mapping %}
            {% do columns.extend(json_columns(kind, prefix ~ name ~ '.', place)) %}
        {% endif %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}
