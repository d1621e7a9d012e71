{# The items of a list as one text, with | between them; null for null. column: the expression. #}
{% macro list_text(column) -%}
    {{ adapter.dispatch('list_text', 'pingtop')(column) }}
{%- endmacro %}

{% macro default__list_text(column) -%}
    array_to_string({{ column }}, '|')
{%- endmacro %}

{% macro spark__list_text(column) -%}
    array_join(cast({{ column }} as array<string>), '|')
{%- endmacro %}
