{# A text without surrounding blanks; null where nothing is left. value: a text expression. #}
{% macro clean_text(value) -%}
    nullif(trim({{ value }}), '')
{%- endmacro %}
