{# The values of columns as one line of CSV, for rows that did not come as a line.

   names: the column names. A null is an empty field; a text with a comma, a quote or a line break is quoted. #}
{% macro csv_text(names) -%}
    {%- for name in names -%}
        {%- set text = "coalesce(cast(" ~ quoted_name(name) ~ " as " ~ dbt.type_string() ~ "), '')" -%}
        case
            when
                {{ text }} like '%,%' or {{ text }} like '%"%'
                or {{ text }} like '%' || chr(10) || '%' or {{ text }} like '%' || chr(13) || '%'
                then '"' || replace({{ text }}, '"', '""') || '"'
            else {{ text }}
        end{{ " || ',' || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
