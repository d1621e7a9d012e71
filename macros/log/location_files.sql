{# DuckDB only: all files of the raw location as {'path', 'place'}, the place being the path from the raw location on; also those in
   folders and behind links below it, to a depth of ten. #}
{% macro location_files() %}
    {% set location, files = raw_location(), [] %}
    {% if raw_location_kind() == 'files' %}
        {% for path in glob_files([literal_path(location)]) or glob_files([location]) %}
            {% do files.append({'path': path, 'place': path.split('/') | last}) %}
        {% endfor %}
    {% else %}
        {#- ** follows no links, one * a level does -#}
        {% set levels = ['/**'] if '://' in location else [] %}
        {% for depth in range(0 if levels else 10) %}{% do levels.append('/*' * (depth + 1)) %}{% endfor %}
        {% set patterns = [] %}
        {% for level in levels %}{% do patterns.append(literal_path(location) ~ level) %}{% endfor %}
        {% for path in glob_files(patterns) %}
            {% do files.append({'path': path, 'place': path.split(location ~ '/', 1) | last}) %}
        {% endfor %}
    {% endif %}
    {{ return(files) }}
{% endmacro %}
