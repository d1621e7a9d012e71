{# A select of the dimensions of change_dimensions, one row each: the column dimension. No arguments. #}
{% macro change_dimension_names() %}
    {%- for dimension in change_dimensions() %}
    select '{{ dimension }}' as dimension
    {%- if not loop.last %} union all {%- endif %}
    {%- endfor %}
{% endmacro %}
