{# A column's name, quoted; adapter.quote alone would break on a name that has a quote in it. name: the name. #}
{% macro quoted_name(name) -%}
    {{ adapter.quote(name | replace('"', '""')) }}
{%- endmacro %}
