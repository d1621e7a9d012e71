{# Seconds from one timestamp to another, with fractions, as a double. Both are expressions of type timestamp. #}
{% macro elapsed_seconds(from_timestamp, to_timestamp) -%}
    {{ adapter.dispatch('elapsed_seconds', 'pingtop')(from_timestamp, to_timestamp) }}
{%- endmacro %}

{% macro duckdb__elapsed_seconds(from_timestamp, to_timestamp) -%}
    ((epoch_us({{ to_timestamp }}) - epoch_us({{ from_timestamp }})) / 1000000.0)
{%- endmacro %}

{% macro postgres__elapsed_seconds(from_timestamp, to_timestamp) -%}
    cast(extract(epoch from ({{ to_timestamp }}) - ({{ from_timestamp }})) as double precision)
{%- endmacro %}

{% macro spark__elapsed_seconds(from_timestamp, to_timestamp) -%}
    ((unix_micros({{ to_timestamp }}) - unix_micros({{ from_timestamp }})) / cast(1000000 as double))
{%- endmacro %}
