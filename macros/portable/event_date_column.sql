{# The column that Spark partitions a table of events by, as one more column of a select; empty on other engines.

   value: a timestamp expression. #}
{% macro event_date_column(value) -%}
    {{ return(adapter.dispatch('event_date_column', 'pingtop')(value)) }}
{%- endmacro %}

{% macro default__event_date_column(value) -%}
    {{ return('') }}
{%- endmacro %}

{% macro spark__event_date_column(value) -%}
    {{ return('cast(' ~ value ~ ' as date) as event_date') }}
{%- endmacro %}
