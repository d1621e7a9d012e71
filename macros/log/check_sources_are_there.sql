{# Stops the run in a sentence where nothing holds the users, the pings or a log. sources: of raw_sources.

   A raw location that is one file or a pattern may hold the log alone, and a mapping says so with an empty list (users: []). #}
{% macro check_sources_are_there(sources) %}
    {% set is_location = raw_location() and raw_location_kind() != 'database' %}
    {% set place = ("raw location '" ~ raw_location() ~ "'") if is_location
        else ("schema '" ~ (raw_schema() or 'main') ~ "'") if raw_schema() or raw_location() else 'mapping' %}
    {% set remedy = "correct " ~ ("PINGTOP_RAW_LOCATION (or the variable raw_location)" if is_location
        else "PINGTOP_RAW_SCHEMA (or the variable raw_schema)" if raw_schema() else "the mapping") %}
    {% set n_sources = sources.values() | map('length') | sum %}
    {% if is_location and not n_sources and not list_location_files() %}
        {% do exceptions.raise_compiler_error(
            "The raw location '" ~ raw_location() ~ "' is not a folder with files, nor a file: " ~ remedy ~ "."
        ) %}
    {% endif %}
    {% set mapping = raw_mapping() %}
    {% for table in ['users', 'pings'] if not sources[table] and mapping.get(table) != []
        and not (is_location and raw_location_kind() == 'files') %}
        {% do exceptions.raise_compiler_error(
            "The " ~ place ~ " holds no " ~ (table if is_location else "table " ~ table) ~ ": "
            ~ ("put " ~ table ~ ".parquet, " ~ table ~ ".csv or " ~ table ~ ".jsonl there, name another file in mapping.yml, or "
                if is_location else "load it, name another one in the variable raw_mapping, or ")
            ~ remedy ~ "."
        ) %}
    {% endfor %}
    {% if not sources['interactions'] and not sources['exposures'] %}
        {% do exceptions.raise_compiler_error(
            "The " ~ place ~ " holds neither interactions nor exposures: "
            ~ ("put interactions.parquet, interactions.csv or interactions.jsonl (or a folder interactions/ of such files) there,"
                ~ " or the same of exposures, name other files in mapping.yml, or "
                if is_location else "load one as a table, name another one in the variable raw_mapping, or ")
            ~ remedy ~ "."
        ) %}
    {% endif %}
{% endmacro %}
