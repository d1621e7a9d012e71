{# Where the raw tables are, for those who have them in their database and not as files: the name of its schema; empty
   where they are files or the demo. #}
{% macro raw_schema() %}
    {{ return(var('raw_schema') or env_var('PINGTOP_RAW_SCHEMA', '')) }}
{% endmacro %}
