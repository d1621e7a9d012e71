{# The spans of time that are compared: a select with the columns time_window, is_after, starts_at, ends_at (exclusive).

   log_span: a CTE of one row with newest_event_timestamp. A window is compared with the span of equal length before it, as
   recommender_health is with recommender_health_previous; in a run of scripts/explain.py its two spans are `custom`. #}
{% macro change_spans(log_span) %}
    {%- if is_explaining() %}
    {#- dbt show and dbt compile go through no run hook -#}
    {%- do check_change_variables() %}
    {%- for side, is_after in [('explain_before', 'false'), ('explain_after', 'true')] %}
    {%- set days = (var(side) | string).split('..') %}
    select
        'custom' as time_window,
        {{ is_after }} as is_after,
        cast('{{ days | first }} 00:00:00' as timestamp) as starts_at,
        {{ add_days("cast('" ~ days | last ~ " 00:00:00' as timestamp)", 1) }} as ends_at
    {%- if not loop.last %} union all {%- endif %}
    {%- endfor %}
    {%- else %}
    select
        replace(windows.time_window, 'previous ', '') as time_window,
        windows.after_days < 0 as is_after,
        {{ add_days(log_span ~ '.newest_event_timestamp', '-windows.up_to_days') }} as starts_at,
        {{ add_days(log_span ~ '.newest_event_timestamp', '-windows.after_days') }} as ends_at
    from ({{ time_windows() }}) as windows
    cross join {{ log_span }}
    where windows.up_to_days is not null
    {%- endif %}
{% endmacro %}
