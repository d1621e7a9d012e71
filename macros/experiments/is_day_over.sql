{# Whether the day that a retention looks at was over when the log, or the experiment, ended: a boolean expression.

   first_exposure_at, observed_until: timestamp expressions. day: how many days after that of the first exposure. #}
{% macro is_day_over(first_exposure_at, day, observed_until) -%}
    {{ add_days('cast(cast(' ~ first_exposure_at ~ ' as date) as timestamp)', day + 1) }} <= {{ observed_until }}
{%- endmacro %}
