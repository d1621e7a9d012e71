{# The values of columns as one line of CSV, for rows that did not come as a line.

   names: the column names. dtypes: their types, in the same order.
   A null is an empty field; a text with a comma, a quote or a line break is quoted. Hardly any row has such a text, so
   all texts of a row are looked at together, and only those of a row that has one are looked at one by one. #}
{% macro csv_text(names, dtypes) -%}
    {%- set never_quoted = [
        'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL', 'BOOLEAN', 'TIMESTAMP', 'DATE',
    ] -%}
    {%- set is_special = "({0} like '%,%' or {0} like '%\"%' or {0} like '%' || chr(10) || '%'"
        ~ " or {0} like '%' || chr(13) || '%')" -%}
    {%- set fields = [] -%}
    {%- set quoted_fields = [] -%}
    {%- set texts = [] -%}
    {%- for name in names -%}
        {%- set text = "coalesce(" ~ as_text(quoted_name(name), dtypes[loop.index0]) ~ ", '')" -%}
        {%- do fields.append(text) -%}
        {%- if plain_type(dtypes[loop.index0]) in never_quoted -%}
            {%- do quoted_fields.append(text) -%}
        {%- else -%}
            {%- do texts.append(text) -%}
            {%- do quoted_fields.append(
                "case when " ~ is_special.replace('{0}', text)
                ~ " then '\"' || replace(" ~ text ~ ", '\"', '\"\"') || '\"' else " ~ text ~ " end"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if texts -%}
        case
            when {{ is_special.replace('{0}', 'concat(' ~ texts | join(', ') ~ ')') }}
                then concat({{ quoted_fields | join(", ',', ") }})
            else concat({{ fields | join(", ',', ") }})
        end
    {%- else -%}
        concat({{ fields | join(", ',', ") }})
    {%- endif -%}
{%- endmacro %}
