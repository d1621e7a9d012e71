{# A group of a ping's length (duration_group) in words. duration_sec, is_known: expressions. #}
{% macro ping_length_name(duration_sec, is_known) -%}
    case
        when not {{ is_known }} then 'unknown'
        when {{ duration_group(duration_sec) }} = 0 then 'below 15 s'
        {%- for from_sec in [15, 30, 60, 120] %}
        when {{ duration_group(duration_sec) }} = {{ loop.index }} then '{{ from_sec }} to {{ 2 * from_sec }} s'
        {%- endfor %}
        else '240 s and more'
    end
{%- endmacro %}
