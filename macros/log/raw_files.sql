{# The user's files of a raw table.

   table: one of raw_contract.
   Returns {'parquet': [path, …], 'csv': [path, …]}, each sorted. Files are `<table>.parquet`, `.csv` or `.csv.gz` in
   the raw location, and for the two shapes of the log also any such file below `interactions/` or `exposures/`; what
   begins with a dot or an underscore is left alone, as other tools keep their own there. A folder without users or
   pings, or with two files that both claim to be the table, stops the run: reading both would count every event
   twice. Whether there is a log at all is check_raw_files' business. #}
{% macro raw_files(table) %}
    {{ return(adapter.dispatch('raw_files', 'pingtop')(table)) }}
{% endmacro %}

{% macro default__raw_files(table) %}
    {% do default__check_raw_files() %}
{% endmacro %}

{% macro duckdb__raw_files(table) %}
    {% set location = raw_location() %}
    {% set literal_location = modules.re.sub('([*?]|\\[)', '[\\1]', location) %}
    {% set patterns = [literal_location ~ '/' ~ table ~ '.*'] %}
    {% if table in ['interactions', 'exposures'] %}
        {% do patterns.append(literal_location ~ '/' ~ table ~ '/**') %}
    {% endif %}
    {% set found = {'parquet': [], 'csv': []} %}
    {% set single = [] %}
    {% for pattern in patterns %}
        {% set listing = run_query(
            "select file from glob(" ~ dbt.string_literal(dbt.escape_single_quotes(pattern)) ~ ") order by file"
        ) %}
        {% for path in listing.columns[0].values() %}
            {% set place = path.split(location ~ '/', 1) | last %}
            {% set name = place.split('/') | last | lower %}
            {% set kind = namespace(value=none) %}
            {% if modules.re.search('(^|/)[._]', place) %}
                {# leftovers of other tools: _SUCCESS, .part-0.crc, _temporary/…, _delta_log/… #}
            {% elif name.endswith('.parquet') %}
                {% set kind.value = 'parquet' %}
            {% elif name.endswith('.csv') or name.endswith('.csv.gz') %}
                {% set kind.value = 'csv' %}
            {% endif %}
            {% if kind.value %}
                {% do found[kind.value].append(path) %}
                {% if pattern == patterns[0] %}{% do single.append(name) %}{% endif %}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {% set n_files = found['parquet'] | length + found['csv'] | length %}
    {% if not n_files and not run_query(
        "select 1 from glob("
        ~ dbt.string_literal(dbt.escape_single_quotes(literal_location ~ '/**')) ~ ") limit 1"
    ).rows %}
        {% do exceptions.raise_compiler_error(
            "The raw location '" ~ location ~ "' is not a folder with files: correct PINGTOP_RAW_LOCATION (or the "
            ~ "variable raw_location)."
        ) %}
    {% elif not n_files and table in ['users', 'pings'] %}
        {% do exceptions.raise_compiler_error(
            "The raw location '" ~ location ~ "' holds no " ~ table ~ ": put " ~ table ~ ".parquet, " ~ table
            ~ ".csv or " ~ table ~ ".csv.gz there, or correct PINGTOP_RAW_LOCATION (or the variable raw_location)."
        ) %}
    {% elif single and n_files > 1 %}
        {% do exceptions.raise_compiler_error(
            "The raw location '" ~ location ~ "' holds the " ~ table ~ " more than once ("
            ~ (found['parquet'] + found['csv']) | sort | join(', ') ~ "): keep one of them."
        ) %}
    {% endif %}
    {{ return(found) }}
{% endmacro %}
