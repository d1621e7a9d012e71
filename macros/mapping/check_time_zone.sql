{# Stops the run where a mapping has a time zone that the database does not know. Spark says so itself.

   zone: its name. where: of stop_for_mapping. #}
{% macro check_time_zone(zone, where) %}
    {% set names = adapter.dispatch('time_zone_names', 'pingtop')() %}
    {% if names and zone | string | lower not in names | map('lower') %}
        {% do check_name(zone, names, where, 'timezone') %}
    {% endif %}
{% endmacro %}

{% macro default__time_zone_names() %}
    {{ return(run_query("select name from pg_timezone_names order by name").columns[0].values() | list) }}
{% endmacro %}

{% macro duckdb__time_zone_names() %}
    {{ return(run_query("select name from pg_timezone_names() order by name").columns[0].values() | list) }}
{% endmacro %}

{% macro spark__time_zone_names() %}
    {{ return([]) }}
{% endmacro %}
