{# Whether something dated `value` is new: at most `days` days before the newest one, inclusive; false for null.

   value, newest: date or timestamp expressions. days: a number. #}
{% macro is_new_by(value, newest, days) -%}
    coalesce({{ value }} >= {{ add_days(newest, -days) }}, false)
{%- endmacro %}
