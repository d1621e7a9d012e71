{# A select with the name of each metric, in the column metric. metrics: of experiment_metrics. #}
{% macro metric_names(metrics) %}
    {%- for one in metrics %}
    select '{{ one.name }}' as metric
    {%- if not loop.last %} union all {%- endif %}
    {%- endfor %}
{% endmacro %}
