{# The counts of change_counts, added up, as columns of an aggregating select. counts: a CTE that has them. #}
{% macro summed_counts(counts) %}
    {%- for name in change_counts() %}
    cast(sum({{ counts }}.{{ name }}) as bigint) as {{ name }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}
