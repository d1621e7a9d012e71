{# The group of a video's length: 0 below 15 s, then one more at each doubling, up to 5 from 240 s on.

   duration_sec: an expression above 0. #}
{% macro duration_group(duration_sec) -%}
    cast(case
        when {{ duration_sec }} < 15 then 0
        else least(1 + floor(ln({{ duration_sec }} / 15 + 1e-9) / ln(2)), 5)
    end as integer)
{%- endmacro %}
