{# A hash of several columns as a text of 12 hexadecimal digits, to draw by: the same on every engine and in every version of it, which
   row_hash, the faster one, is not. It is ordered alike wherever digits come before letters.

   columns: list of expressions, numbers or texts without a null. #}
{% macro portable_hash(columns) -%}
    {%- set texts = [] -%}
    {%- for column in columns -%}{%- do texts.append('cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')') -%}{%- endfor -%}
    substring(md5({{ texts | join(" || ' ' || ") }}), 1, 12)
{%- endmacro %}
