{# An event type as it is compared: without case, blanks, `-` and `_`, so that `Follow-Creator` is `follow_creator`.

   value: a text expression. #}
{% macro plain_event_type(value) -%}
    replace(replace(replace(lower({{ value }}), ' ', ''), '-', ''), '_', '')
{%- endmacro %}
