{# The value of a metric in the pre-period of a user; null where it is a rate without a denominator.

   metric: one of experiment_metrics. totals: a relation with the columns of int_experiment_user_totals. #}
{% macro pre_period_value(metric, totals) -%}
    {%- set above = totals ~ '.pre_' ~ metric.get('covariate', metric.numerator) -%}
    {{ safe_divide(above, totals ~ '.pre_' ~ metric.denominator) if metric.denominator else above }}
{%- endmacro %}
