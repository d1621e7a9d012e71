{# Whether a timestamp lies at or after as_of: a boolean expression, false for null and where as_of is not set. #}
{% macro is_after_as_of(value) -%}
    {%- if as_of() is none -%}
        false
    {%- else -%}
        coalesce({{ value }} >= {{ as_of() }}, false)
    {%- endif -%}
{%- endmacro %}
