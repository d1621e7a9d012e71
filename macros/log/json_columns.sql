{# DuckDB only: the columns of a JSON object, as in file_parts, each before those nested in it.

   structure: of json_group_structure. prefix: of the names; pointer: the JSON pointer (RFC 6901) of the object.
   wanted: of mapped_names. #}
{% macro json_columns(structure, prefix, pointer, wanted) %}
    {% set columns = [] %}
    {% for name, kind in structure.items() %}
        {% set place = pointer ~ '/' ~ name | replace('~', '~0') | replace('/', '~1') %}
        {% do columns.append({
            'name': prefix ~ name, 'dtype': 'JSON',
            'expression': 'json_extract_string(document, ' ~ sql_text(place) ~ ')',
        }) %}
        {#- no object in some rows, or in any: what is inside is not known, but for what a mapping names -#}
        {% for inside in wanted if kind in ['JSON', 'NULL'] and inside.startswith(prefix ~ name ~ '.') %}
            {% set deeper = place ~ '/' ~ inside[(prefix ~ name) | length + 1:] | replace('~', '~0') | replace('/', '~1') | replace('.', '/') %}
            {% do columns.append({
                'name': inside, 'dtype': 'JSON',
                'expression': 'json_extract_string(document, ' ~ sql_text(deeper) ~ ')',
            }) %}
        {% endfor %}
        {% if kind is mapping %}
            {% do columns.extend(json_columns(kind, prefix ~ name ~ '.', place, wanted)) %}
        {% endif %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}
