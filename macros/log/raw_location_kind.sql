{# What the raw location is: `folder`; `files`, one file or a pattern such as /data/plays-*.csv; `database`, a file of DuckDB or SQLite
   (duckdb:///data/app.duckdb); none where there is no raw location. #}
{% macro raw_location_kind() %}
    {{ return(adapter.dispatch('raw_location_kind', 'pingtop')()) }}
{% endmacro %}

{% macro default__raw_location_kind() %}
    {{ return('folder' if raw_location() else none) }}
{% endmacro %}

{% macro duckdb__raw_location_kind() %}
    {% set location = raw_location() %}
    {% if not location %}
        {{ return(none) }}
    {% elif modules.re.match('(duckdb|sqlite):///', location) %}
        {{ return('database') }}
    {% elif '://' in location %}
        {{ return('files' if modules.re.search('[*?]', location) or file_format(location) else 'folder') }}
    {% elif glob_files([literal_path(location)])
        or (modules.re.search('[*?]', location) and not glob_files([literal_path(location) ~ '/**'])) %}
        {{ return('files') }}
    {% endif %}
    {{ return('folder') }}
{% endmacro %}
