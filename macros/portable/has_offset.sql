{# Whether a text that is a timestamp says its offset from UTC (Z, +02:00). value: a text expression. #}
{% macro has_offset(value) -%}
    {{ adapter.dispatch('has_offset', 'pingtop')(value, "(Z|UTC|[0-9] *[+-][0-9]{2}(:?[0-9]{2}){0,2})$") }}
{%- endmacro %}

{% macro duckdb__has_offset(value, pattern) -%}
    regexp_matches(substr(trim({{ value }}), 11), '{{ pattern }}')
{%- endmacro %}

{% macro postgres__has_offset(value, pattern) -%}
    substr(trim({{ value }}), 11) ~ '{{ pattern }}'
{%- endmacro %}

{% macro spark__has_offset(value, pattern) -%}
    substr(trim({{ value }}), 11) rlike '{{ pattern }}'
{%- endmacro %}
