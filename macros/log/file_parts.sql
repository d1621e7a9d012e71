{# DuckDB only: groups files that can be read in one scan, as each file may have its own columns: a list of parts, each a dict with
     kind        parquet, csv or json; of a table of the database: relation
     files       the paths; read_from: of what is read in their place
     compression, delimiter, is_converted, mapping   as in readable_file
     columns     [{'name', 'dtype', 'expression'}]; n_own: how many of them are the file's own, before nested fields that are mapped
     where       how an error names the part

   table: one of raw_contract. files: of readable_file. A file that is not what its name says, or lacks a vital column, stops the run. #}
{% macro file_parts(table, files) %}
    {% set groups = {} %}
    {% for file in files %}
        {% set columns = [] %}
        {% set header = {} %}
        {% if file.kind == 'csv' %}
            {% do header.update(csv_header(file.read_from, file, raw_contract(table) | map(attribute='name') | join(','))) %}
            {% for name in header.names %}
                {% do columns.append({'name': name, 'dtype': 'CSV', 'expression': 'fields[' ~ loop.index ~ ']'}) %}
            {% endfor %}
        {% endif %}
        {% set key = tojson([file.kind, file.compression, file.is_converted, header, file.mapping]) %}
        {% if key not in groups %}
            {% do groups.update({key: {
                'kind': file.kind, 'files': [], 'read_from': [], 'compression': file.compression,
                'delimiter': header.get('delimiter'), 'is_converted': file.is_converted, 'mapping': file.mapping,
                'columns': columns, 'n_own': columns | length, 'where': file.path,
            }}) %}
        {% endif %}
        {% do groups[key].files.append(file.path) %}
        {% do groups[key].read_from.append(file.read_from) %}
    {% endfor %}
    {% set parts = [] %}
    {% for part in groups.values() %}
        {% do parts.extend(parquet_parts(part) if part.kind == 'parquet' else json_parts(part) if part.kind == 'json' else [part]) %}
    {% endfor %}
    {% for part in parts %}
        {% if part.kind == 'json' %}{% do part.columns.extend(absent_json_columns(table, part)) %}{% endif %}
        {% do match_raw_columns(table, part.columns | map(attribute='name') | list, part.where, part.mapping) %}
    {% endfor %}
    {{ return(parts) }}
{% endmacro %}
