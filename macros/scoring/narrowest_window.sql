{# The narrowest of the time windows 1d, 7d, 28d and all (before the newest event, inclusive) that holds a timestamp.

   value, newest: timestamp expressions. #}
{% macro narrowest_window(value, newest) -%}
    case
        {%- for days in [1, 7, 28] %}
        when {{ value }} >= {{ add_days(newest, -days) }} then '{{ days }}d'
        {%- endfor %}
        else 'all'
    end
{%- endmacro %}
