{# Run hook: finds what holds the raw tables and decides what of it this run reads. Stops the run with one sentence where users, pings
   or the log are missing, ambiguous, unreadable or lack a vital column, before any table is touched. #}
{% macro check_raw_sources() %}
    {% if not execute %}
        {{ return('') }}
    {% endif %}
    {% if raw_location() and raw_schema() and not raw_location_kind() == 'database' %}
        {% do exceptions.raise_compiler_error(
            "Both PINGTOP_RAW_LOCATION (or the variable raw_location) and PINGTOP_RAW_SCHEMA (or raw_schema) are set: keep "
            ~ "the one that names your raw data."
        ) %}
    {% endif %}
    {% set sources = raw_sources() %}
    {% do check_sources_are_there(sources) %}
    {% do adapter.dispatch('plan_sources', 'pingtop')(sources) %}
    {#- a column that is not there is said before anything is built -#}
    {% do own_columns('users') %}
    {% do own_columns('pings') %}
{% endmacro %}

{% macro default__plan_sources(sources) %}
    {% for table in sources %}
        {% for part in relation_parts(table, sources[table] | selectattr('relation') | list) %}{# each is checked #}{% endfor %}
    {% endfor %}
{% endmacro %}

{% macro duckdb__plan_sources(sources) %}
    {% set found = [] %}
    {% for table in sources %}{% do found.extend(sources[table]) %}{% endfor %}
    {#- a run that stops leaves the plan of the last one as it was -#}
    {% if not adapter.disable_transactions() %}{% do adapter.ensure_transaction() %}{% endif %}
    {% do plan_intake(found) %}
    {% do plan_file_parts(sources) %}
    {% for table in sources %}
        {#- the seeds of the demo are not there yet -#}
        {% for part in relation_parts(table, sources[table] | selectattr('relation') | list) %}
            {% do note_columns(table, part) %}
        {% endfor %}
    {% endfor %}
    {% do keep_written() %}
{% endmacro %}
