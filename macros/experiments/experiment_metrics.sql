{# The metrics of experiments, a list of {'name', 'numerator', 'denominator', 'covariate', 'day'}.

   numerator, denominator: columns of int_experiment_user_totals; their values before the assignment are of the same names with pre_ before
   them. Without a denominator the metric is a mean over users.
   covariate: the column that stands for the numerator before the assignment, where it is another one.
   day: of retention, the day after that of the first exposure that is looked at; a user counts when it is over. #}
{% macro experiment_metrics() %}
    {% set metrics = [
        {'name': 'watch_through_rate', 'numerator': 'watched_through_views', 'denominator': 'views'},
        {'name': 'engagement_per_impression', 'numerator': 'engagements', 'denominator': 'impressions'},
        {'name': 'watch_time_sec_per_user', 'numerator': 'watch_time_sec'},
        {'name': 'likes_per_user', 'numerator': 'likes'},
        {'name': 'shares_per_user', 'numerator': 'shares'},
        {'name': 'comments_per_user', 'numerator': 'comments'},
        {'name': 'follows_per_user', 'numerator': 'follows'},
        {'name': 'hides_per_user', 'numerator': 'hides'},
        {'name': 'sessions_per_user', 'numerator': 'sessions'},
        {'name': 'session_length_sec', 'numerator': 'session_sec', 'denominator': 'sessions'},
        {'name': 'active_days_per_user', 'numerator': 'active_days'},
        {'name': 'd1_retention', 'numerator': 'd1_retained', 'covariate': 'active_days', 'day': 1},
        {'name': 'd7_retention', 'numerator': 'd7_retained', 'covariate': 'active_days', 'day': 7},
        {'name': 'distinct_pings_per_user', 'numerator': 'distinct_pings'},
        {'name': 'distinct_creators_per_user', 'numerator': 'distinct_creators'},
    ] %}
    {{ return(metrics) }}
{% endmacro %}
