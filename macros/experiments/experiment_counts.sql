{# What is counted of each user and day of an experiment, by int_experiment_days: names of columns that add up over days. #}
{% macro experiment_counts() %}
    {{ return([
        'impressions', 'views', 'watched_through_views', 'engagements', 'watch_time_sec', 'likes', 'shares', 'comments',
        'follows', 'hides', 'sessions', 'session_sec', 'active_days', 'distinct_pings', 'distinct_creators',
    ]) }}
{% endmacro %}
