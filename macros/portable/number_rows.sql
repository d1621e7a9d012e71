{# A table expression with one column n: the whole numbers 0 to count - 1. count: at most a few thousand. #}
{% macro number_rows(count) -%}
    {%- for number in range(count) %}
    select {{ number }} as n
    {%- if not loop.last %} union all {%- endif %}
    {%- endfor %}
{%- endmacro %}
