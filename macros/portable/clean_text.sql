{# A text without surrounding blanks; null where nothing is left. value: a text expression.

   Looking for a blank costs far less than trimming, and hardly any id has one. #}
{% macro clean_text(value) -%}
    nullif(case when {{ value }} like '% %' then trim({{ value }}) else {{ value }} end, '')
{%- endmacro %}
