{# Whether a row arrived at or after known_as_of, so that nothing was known of it by then: a boolean expression, false without an
   arrival and where known_as_of is not set.

   loaded_at: when the row arrived, a timestamp expression. #}
{% macro is_after_known_as_of(loaded_at) -%}
    {%- if known_as_of() is none -%}
        false
    {%- else -%}
        coalesce({{ loaded_at }} >= {{ known_as_of() }}, false)
    {%- endif -%}
{%- endmacro %}
