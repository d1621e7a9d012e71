{# The name of the database that holds the raw tables where the raw location is a database file (duckdb:///… or sqlite:///…), which it
   attaches, to be read only; else the one that is built. #}
{% macro attached_database() %}
    {{ return(adapter.dispatch('attached_database', 'pingtop')()) }}
{% endmacro %}

{% macro default__attached_database() %}
    {% do default__list_location_files() %}
{% endmacro %}

{% macro duckdb__attached_database() %}
    {% if raw_location_kind() != 'database' %}
        {{ return(target.database) }}
    {% endif %}
    {% set location = raw_location() %}
    {% set path = location.split(':///', 1)[1] %}
    {% if not glob_files([literal_path(path)]) and glob_files([literal_path('/' ~ path)]) %}
        {% set path = '/' ~ path %}
    {% endif %}
    {% if not glob_files([literal_path(path)]) %}
        {% do exceptions.raise_compiler_error(
            "The raw location '" ~ location ~ "' is not there: correct PINGTOP_RAW_LOCATION (or the variable raw_location)."
        ) %}
    {% endif %}
    {% if location.startswith('sqlite') and not run_query(
        "select 1 from duckdb_extensions() where extension_name = 'sqlite_scanner' and installed"
    ).rows %}
        {% do exceptions.raise_compiler_error(
            "The raw location '" ~ location ~ "' is a SQLite file, which DuckDB reads with its extension sqlite_scanner, and that is "
            ~ "not installed here: install it (install sqlite_scanner), or export the tables to Parquet or CSV."
        ) %}
    {% endif %}
    {% do run_query(
        "attach if not exists " ~ sql_text(path) ~ " as pingtop_raw ("
        ~ ("type sqlite, " if location.startswith('sqlite') else "") ~ "read_only)"
    ) %}
    {{ return('pingtop_raw') }}
{% endmacro %}
