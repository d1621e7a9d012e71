{# Run hook: stops the run where the session of the database would give other moments and days than the models mean: all
   timestamps are UTC. #}
{% macro check_session() %}
    {% if execute %}
        {% do adapter.dispatch('check_session', 'pingtop')() %}
    {% endif %}
{% endmacro %}

{% macro default__check_session() %}
{% endmacro %}

{% macro spark__check_session() %}
    {% set zone = run_query('select current_timezone()').columns[0].values()[0] %}
    {% if zone not in ['UTC', 'Etc/UTC', 'GMT', 'Z'] %}
        {% do exceptions.raise_compiler_error(
            "The time zone of the Spark session must be UTC, but is " ~ zone ~ ": set spark.sql.session.timeZone to UTC on "
            ~ "the server."
        ) %}
    {% endif %}
{% endmacro %}
