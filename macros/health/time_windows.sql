{# The spans of time of the health metrics, in days before the newest event: a select with the columns time_window,
   after_days and up_to_days. A span holds what lies more than after_days (-1: from the newest event on) and at most up_to_days
   (null: no end) days back, as days_before counts them. "previous 7d" is as long as 7d and ends where that begins. #}
{% macro time_windows() %}
    {%- for n_days in [1, 7, 28] %}
    select '{{ n_days }}d' as time_window, -1 as after_days, {{ n_days }} as up_to_days union all
    select 'previous {{ n_days }}d' as time_window, {{ n_days }} as after_days, {{ 2 * n_days }} as up_to_days union all
    {%- endfor %}
    select 'all' as time_window, -1 as after_days, cast(null as integer) as up_to_days
{% endmacro %}
