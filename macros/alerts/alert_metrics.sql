{# What alerts look at, as {metric: {'unit': of its value, 'what': how a sentence names it, {segment} being its segment, 'bound': value
   above which it is odd as long as there is no band}}.

   unit: count; share, of things that are among those that it is a share of; or ratio, which may exceed 1. #}
{% macro alert_metrics() %}
    {{ return({
        'watch_through_rate': {'unit': 'share', 'what': 'views that are watched through'},
        'engagement_per_impression': {'unit': 'ratio', 'what': 'engagements per impression'},
        'no_view_24h_rate': {'unit': 'share', 'what': 'impressions without a view within 24 hours'},
        'events': {'unit': 'count', 'what': 'events ({segment})'},
        'active_users': {'unit': 'count', 'what': 'active users'},
        'rejected_share': {
            'unit': 'share', 'what': 'rows rejected ({segment})', 'bound': var('alert_rejected_share'),
        },
        'late_share': {'unit': 'share', 'what': 'events that arrived more than 24 hours late'},
        'null_share': {'unit': 'share', 'what': 'missing values of {segment}'},
        'views_above_length_share': {'unit': 'share', 'what': 'views longer than their ping'},
        'views_of_zero_share': {'unit': 'share', 'what': 'views of exactly 0 seconds'},
        'busiest_second_share': {
            'unit': 'share', 'what': 'events in one second', 'bound': var('alert_second_share'),
        },
        'busiest_user_share': {
            'unit': 'share', 'what': 'events of one user', 'bound': var('warn_user_event_share'),
        },
    }) }}
{% endmacro %}
