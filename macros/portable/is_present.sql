{# Whether a raw value of any type is more than blanks. value: the expression. #}
{% macro is_present(value) -%}
    coalesce(trim(cast({{ value }} as {{ dbt.type_string() }})) <> '', false)
{%- endmacro %}
