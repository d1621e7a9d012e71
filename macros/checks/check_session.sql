{# Run hook: all timestamps are UTC, and so are the texts that the database makes of them, such as a rejected row. Stops the run where
   the session would give other moments and days than the models mean. #}
{% macro check_session() %}
    {% if execute %}
        {% do adapter.dispatch('check_session', 'pingtop')() %}
    {% endif %}
{% endmacro %}

{% macro default__check_session() %}
{% endmacro %}

{% macro duckdb__check_session() %}
    {#- DuckDB takes the zone of the machine; in another project, this is not ours to change -#}
    {% if project_name == 'pingtop' %}
        {% do run_query("set global TimeZone = 'UTC'") %}
    {% endif %}
{% endmacro %}

{% macro spark__check_session() %}
    {% set zone = run_query('select current_timezone()').columns[0].values()[0] %}
    {% if zone not in ['UTC', 'Etc/UTC', 'GMT', 'Z'] %}
        {% do exceptions.raise_compiler_error(
            "The time zone of the Spark session must be UTC, but is " ~ zone ~ ": set spark.sql.session.timeZone to UTC, under "
            ~ "server_side_parameters in the profile (for a Thrift server as set:hiveconf:spark.sql.session.timeZone)."
        ) %}
    {% endif %}
{% endmacro %}
