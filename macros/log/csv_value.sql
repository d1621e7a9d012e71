{# DuckDB only: a field of a CSV line as a text without blanks around it; null where nothing is left, or one of the words that other tools write
   for null (the variable null_words). field: the expression. #}
{% macro csv_value(field) -%}
    {%- set words = ["''"] -%}
    {%- for word in var('null_words') -%}{%- do words.append(sql_text(word | string)) -%}{%- endfor -%}
    case when trim({{ field }}) not in ({{ words | join(', ') }}) then trim({{ field }}) end
{%- endmacro %}
