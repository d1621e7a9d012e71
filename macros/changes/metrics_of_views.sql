{# The names of the metrics that are about views, which the dimension watch_time is of. No arguments. #}
{% macro metrics_of_views() %}
    {{ return(['watch_through_rate', 'views_per_active_user']) }}
{% endmacro %}
