{# The UTC timestamp of a local one. moment: the expression. zone: its name, such as Europe/Berlin. #}
{% macro in_time_zone(moment, zone) -%}
    {{ adapter.dispatch('in_time_zone', 'pingtop')(moment, sql_text(zone)) }}
{%- endmacro %}

{% macro default__in_time_zone(moment, zone) -%}
    ({{ moment }} at time zone {{ zone }} at time zone 'UTC')
{%- endmacro %}

{% macro spark__in_time_zone(moment, zone) -%}
    to_utc_timestamp({{ moment }}, {{ zone }})
{%- endmacro %}
