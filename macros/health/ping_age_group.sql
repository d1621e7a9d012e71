{# The group of a ping's age, counted from 1; the last is of unknown (or negative) ages. age_seconds: an expression. #}
{% macro ping_age_group(age_seconds) -%}
    {%- set starts = ping_age_starts() -%}
    case
        when coalesce({{ age_seconds }}, -1) < 0 then {{ starts | length + 1 }}
        {%- for start in starts | reverse %}
        when {{ age_seconds }} >= {{ start * 86400 }} then {{ loop.revindex }}
        {%- endfor %}
    end
{%- endmacro %}
