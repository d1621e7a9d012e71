{# Whether some events are so few of all that they look like a mistake: 1 %, or a single one of a small log. Both are expressions of counts. #}
{% macro is_few(count, total) -%}
    ({{ count }} <= 0.01 * {{ total }} or ({{ count }} = 1 and {{ total }} >= 20))
{%- endmacro %}
