{# The 64-bit floating type (dbt's type_float is 32 bits on DuckDB and Spark). #}
{% macro type_double() -%}
    {{ adapter.dispatch('type_double', 'pingtop')() }}
{%- endmacro %}

{% macro default__type_double() -%} double {%- endmacro %}

{% macro postgres__type_double() -%} double precision {%- endmacro %}
