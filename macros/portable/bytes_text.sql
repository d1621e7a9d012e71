{# Bytes as the UTF-8 text that they are. column: the expression. #}
{% macro bytes_text(column) -%}
    {{ adapter.dispatch('bytes_text', 'pingtop')(column) }}
{%- endmacro %}

{% macro duckdb__bytes_text(column) -%}
    coalesce(try(decode({{ column }})), cast({{ column }} as varchar))
{%- endmacro %}

{% macro postgres__bytes_text(column) -%}
    convert_from({{ column }}, 'UTF8')
{%- endmacro %}

{% macro spark__bytes_text(column) -%}
    cast({{ column }} as string)
{%- endmacro %}
