{# A text without what people write in different ways: case, blanks, dashes and underscores (as plain_name does it to a name).

   value: a text expression. #}
{% macro plain_text(value) -%}
    lower(translate({{ value }}, ' -_', ''))
{%- endmacro %}
