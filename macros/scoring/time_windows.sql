{# The time windows of the health metrics: a select with the columns time_window and n_days (days before the newest
   event, inclusive; null for all). #}
{% macro time_windows() %}
    {%- for time_window, n_days in [('1d', 1), ('7d', 7), ('28d', 28), ('all', 'cast(null as integer)')] %}
    select '{{ time_window }}' as time_window, {{ n_days }} as n_days
    {%- if not loop.last %} union all {%- endif %}
    {%- endfor %}
{% endmacro %}
