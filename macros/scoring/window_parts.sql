{# Which narrowest windows a time window consists of: a select with the columns time_window and narrowest_window. #}
{% macro window_parts() %}
    {%- set windows = ['1d', '7d', '28d', 'all'] -%}
    {%- for time_window in windows %}
    {%- set is_last_window = loop.last -%}
    {%- for narrowest_window in windows[:loop.index] %}
    select
        '{{ time_window }}' as time_window,
        '{{ narrowest_window }}' as narrowest_window
    {%- if not (is_last_window and loop.last) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}
{% endmacro %}
