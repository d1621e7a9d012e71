{# The numerator and denominator of each metric, and of the time before the assignment, as four columns of a select: doubles, null
   where the metric does not look at the user.

   metrics: of experiment_metrics. values: where their columns are. pre_values: where those of before are; metric: the column with the
   name of the metric. #}
{% macro metric_values(metrics, values, pre_values, metric) %}
    {%- set double = type_double() -%}
    {%- for column, source, prefix in [
        ('numerator', values, ''), ('denominator', values, ''), ('pre_numerator', pre_values, 'pre_'), ('pre_denominator', pre_values, 'pre_')
    ] %}
    {%- set looked_up = metrics if 'denominator' not in column else metrics | selectattr('denominator', 'defined') | list %}
    {%- if not looked_up %}
    1.0e0 as {{ column }}{{ ',' if not loop.last }}
    {%- else %}
    case {{ metric }}
        {%- for one in looked_up %}
        {%- set name = one.denominator if 'denominator' in column else one.get('covariate', one.numerator) if prefix else one.numerator %}
        when '{{ one.name }}' then cast({{ source }}.{{ prefix }}{{ name }} as {{ double }})
        {%- endfor %}
        {%- if 'denominator' in column %}
        else 1.0e0
        {%- endif %}
    end as {{ column }}{{ ',' if not loop.last }}
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
