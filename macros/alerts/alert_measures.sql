{# What the metrics of alerts are made of that have a row a day, as {metric: [(segment, numerator, denominator)]}: columns of
   int_alert_facts; a count has no denominator. #}
{% macro alert_measures() %}
    {%- set attributes = {
        'users': ['country', 'region', 'signup_date', 'age', 'blocklist'],
        'pings': [
            'category', 'creator_id', 'main_hashtag', 'created_at', 'duration_sec', 'quality_score', 'region_restriction',
        ],
    } -%}
    {%- set missing = [
        ('watch_time_sec', 'n_without_watch_time', 'views'),
        ('dwell_time', 'n_without_dwell_time', 'n_exposures'),
        ('event_id', 'n_without_event_id', 'n_events'),
        ('loaded_at', 'n_without_loaded_at', 'n_events'),
    ] -%}
    {%- for table, names in attributes.items() -%}
        {%- for name in names -%}
            {%- do missing.append((table ~ '.' ~ name, 'n_without_' ~ name, 'n_events')) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return({
        'watch_through_rate': [('all', 'n_watched_through', 'views')],
        'engagement_per_impression': [('all', 'engagements', 'impressions')],
        'no_view_24h_rate': [('all', 'n_without_view', 'n_impressions')],
        'events': [('all', 'n_events', none)],
        'active_users': [('all', 'active_users', none)],
        'late_share': [('all', 'n_late', 'n_with_arrival')],
        'null_share': missing,
        'views_above_length_share': [('all', 'n_above_length', 'views')],
        'views_of_zero_share': [('all', 'n_of_zero', 'views')],
        'busiest_second_share': [('all', 'most_in_a_second', 'n_events')],
        'busiest_user_share': [('all', 'most_of_a_user', 'n_events')],
    }) }}
{% endmacro %}
