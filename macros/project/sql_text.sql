{# A text as a literal of SQL; null where there is none. value: a text or none. #}
{% macro sql_text(value) -%}
    {{ return(dbt.string_literal(dbt.escape_single_quotes(value)) if value else 'null') }}
{%- endmacro %}
