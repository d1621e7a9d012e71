{# DuckDB only: how a file can be read: a dict with
     path       of the file; read_from: of what is read in its place, the file itself or a converted one
     kind, compression, delimiter   as in file_format and the mapping
     is_converted  whether read_from has the lines of a text file, one in a row
     mapping    of the source

   source: of raw_sources. A text file in another encoding, and a compressed Parquet file, are converted first. #}
{% macro readable_file(source) %}
    {% set format = file_format(source.path) %}
    {% set encoding = source.mapping.encoding if source.mapping else 'utf-8' %}
    {% set file = {
        'path': source.path, 'read_from': source.path, 'kind': format.kind, 'compression': format.compression,
        'delimiter': (source.mapping.delimiter if source.mapping else none) or format.delimiter,
        'is_converted': false, 'mapping': source.mapping,
    } %}
    {% if format.kind == 'parquet' and format.compression %}
        {% do file.update({'read_from': converted_file(file, encoding), 'compression': none}) %}
    {% elif format.kind != 'parquet' and encoding not in ['utf-8', 'utf8', 'ascii'] %}
        {% do file.update({'read_from': converted_file(file, encoding), 'compression': none, 'is_converted': true}) %}
    {% endif %}
    {{ return(file) }}
{% endmacro %}
