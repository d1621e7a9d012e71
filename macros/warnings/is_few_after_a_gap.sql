{# Whether what follows after a long gap is so little of all that it looks like a mistake: 1 %, or, in a small log, fewer than ten that
   are at most 5 %. Both are expressions of counts. #}
{% macro is_few_after_a_gap(count, total) -%}
    ({{ is_few(count, total) }} or ({{ count }} < 10 and {{ count }} <= 0.05 * {{ total }}))
{%- endmacro %}
