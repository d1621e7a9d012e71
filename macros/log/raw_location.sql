{# The folder of the user's own data, without a trailing slash; empty where the seeds are to be used. #}
{% macro raw_location() %}
    {% set location = var('raw_location') or env_var('PINGTOP_RAW_LOCATION', '') %}
    {{ return((location | string).rstrip('/')) }}
{% endmacro %}
