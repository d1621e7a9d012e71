{# A text to order by: character for character by its UTF-8 bytes, the same on every engine, whatever the language that a
   database sorts texts by. value: a text expression. #}
{% macro in_byte_order(value) -%}
    {{ adapter.dispatch('in_byte_order', 'pingtop')(value) }}
{%- endmacro %}

{% macro default__in_byte_order(value) -%}
    {{ value }}
{%- endmacro %}

{% macro postgres__in_byte_order(value) -%}
    ({{ value }} collate "C")
{%- endmacro %}
