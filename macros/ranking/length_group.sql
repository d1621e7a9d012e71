{# A finer group of a video's length than duration_group: two to each doubling, from 4 s and below (4) to 512 s and above (18).

   duration_sec: an expression above 0. #}
{% macro length_group(duration_sec) -%}
    cast(least(greatest(floor(2 * ln({{ duration_sec }}) / ln(2) + 1e-9), 4), 18) as integer)
{%- endmacro %}
