{# A group of a ping's age in words. age_group: an expression, of ping_age_group. #}
{% macro ping_age_name(age_group) -%}
    {%- set starts = ping_age_starts() -%}
    case {{ age_group }}
        {%- for start in starts %}
        {%- if loop.last %}
        when {{ loop.index }} then '{{ start }} days and more'
        {%- elif loop.nextitem == start + 1 %}
        when {{ loop.index }} then '{{ start }} day{{ '' if start == 1 else 's' }}'
        {%- else %}
        when {{ loop.index }} then '{{ start }} to {{ loop.nextitem - 1 }} days'
        {%- endif %}
        {%- endfor %}
        else 'unknown'
    end
{%- endmacro %}
