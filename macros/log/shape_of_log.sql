{# DuckDB only: which of the two shapes of the log a file has that no name tells: exposures where it has a column of theirs and none of
   an event type, else interactions. path: the file's path. #}
{% macro shape_of_log(path) %}
    {% set format = file_format(path) %}
    {% if format.kind == 'csv' %}
        {% set names = csv_header(path, format, 'user_id,ping_id,event_type').names %}
    {% elif format.kind == 'parquet' and not format.compression %}
        {% do check_parquet_files([path]) %}
        {% set names = describe_columns(parquet_scan([path])) | map(attribute='name') | list %}
    {% else %}
        {{ return('interactions') }}
    {% endif %}
    {% set names = names | map('trim') | map('lower') | list %}
    {% set own = ['dwell_time', 'click', 'like', 'share', 'comment', 'follow', 'hide'] | select('in', names) | list %}
    {{ return('exposures' if own and 'event_type' not in names else 'interactions') }}
{% endmacro %}
