{# The metrics whose changes are explained, a list of {'name', 'numerator', 'denominator', 'label', 'is_rate', 'of'}.

   numerator, denominator: names of change_counts. label: what a sentence begins with. is_rate: shown as percent; others are counts
   per impression or per active user. of: what the denominators are, in a sentence. #}
{% macro change_metrics() %}
    {% set metrics = [
        {
            'name': 'watch_through_rate', 'numerator': 'watched_through_views', 'denominator': 'views',
            'label': 'Watch-through', 'is_rate': true, 'of': 'views',
        },
        {
            'name': 'engagement_per_impression', 'numerator': 'engagements', 'denominator': 'impressions',
            'label': 'Engagements per impression', 'is_rate': false, 'of': 'impressions',
        },
        {
            'name': 'no_view_24h_rate', 'numerator': 'impressions_without_view_24h', 'denominator': 'impressions',
            'label': 'The share of impressions without a view in 24 hours', 'is_rate': true, 'of': 'impressions',
        },
    ] %}
    {% for name in ['n_events'] + event_types().keys() | list %}
        {% set called = name | replace('n_', '') %}
        {% do metrics.append({
            'name': called ~ '_per_active_user', 'numerator': name, 'denominator': 'active_users',
            'label': called | capitalize ~ ' per active user', 'is_rate': false, 'of': 'active users',
        }) %}
    {% endfor %}
    {{ return(metrics) }}
{% endmacro %}
