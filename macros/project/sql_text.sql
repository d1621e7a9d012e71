{# A text as a literal of SQL; null where there is none. value: a text or none. #}
{% macro sql_text(value) -%}
    {{ return('null' if value is none or value is undefined else dbt.string_literal(dbt.escape_single_quotes(value))) }}
{%- endmacro %}
