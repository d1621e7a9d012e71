{# Run hook: stops the run with one sentence where the user's files (or raw tables) are missing, ambiguous, unreadable or
   lack a vital column, before any table is touched. #}
{% macro check_raw_files() %}
    {% if execute and raw_location() and raw_schema() %}
        {% do exceptions.raise_compiler_error(
            "Both PINGTOP_RAW_LOCATION (or the variable raw_location) and PINGTOP_RAW_SCHEMA (or raw_schema) are set: keep "
            ~ "the one that names your raw data."
        ) %}
    {% elif execute and raw_schema() %}
        {% do check_raw_tables() %}
    {% elif execute and raw_location() %}
        {% do adapter.dispatch('check_raw_files', 'pingtop')() %}
    {% elif execute %}
        {% do plan_tables({'users': none, 'pings': none, 'interactions': none}) %}
    {% endif %}
{% endmacro %}

{% macro default__check_raw_files() %}
    {% do exceptions.raise_compiler_error(
        "Raw files are read by DuckDB only: on " ~ target.type ~ ", load them into tables and name their schema with "
        ~ "PINGTOP_RAW_SCHEMA (or the variable raw_schema) instead of PINGTOP_RAW_LOCATION."
    ) %}
{% endmacro %}

{% macro duckdb__check_raw_files() %}
    {% set csv_files = {} %}
    {% set logs = [] %}
    {% set found = [] %}
    {% for table in ['users', 'pings', 'interactions', 'exposures', 'topic_affinities'] %}
        {% set files = raw_files(table) %}
        {% do csv_files.update({table: files['csv']}) %}
        {% for path in files['parquet'] + files['csv'] %}
            {% do found.append({'source_table': table, 'path': path, 'is_table': false}) %}
        {% endfor %}
        {% if table in ['interactions', 'exposures'] %}{% do logs.extend(files['parquet'] + files['csv']) %}{% endif %}
    {% endfor %}
    {% if not logs %}
        {% do exceptions.raise_compiler_error(
            "The raw location '" ~ raw_location() ~ "' holds neither interactions nor exposures: put "
            ~ "interactions.parquet, interactions.csv or interactions.csv.gz (or a folder interactions/ of such files) "
            ~ "there, or the same of exposures, or correct PINGTOP_RAW_LOCATION (or the variable raw_location)."
        ) %}
    {% endif %}
    {#- a run that stops leaves the plan of the last one as it was -#}
    {% do run_query("begin") %}
    {% do plan_intake(found) %}
    {% for table in csv_files %}
        {% do csv_files.update({table: files_to_read(table, csv_files[table])}) %}
    {% endfor %}
    {% do collect_unreadable_lines(csv_files) %}
    {% for table in csv_files %}
        {% do raw_rows(table) %}
    {% endfor %}
    {% do run_query(
        "create or replace table " ~ unreadable_lines() ~ " as select * from " ~ unreadable_lines(temporary=true)
    ) %}
    {% do run_query("commit") %}
{% endmacro %}
