{# What the events of each type are called where they are counted: {name of the count: event_type}. #}
{% macro event_types() %}
    {{ return({
        'impressions': 'impression', 'views': 'view', 'likes': 'like', 'comments': 'comment', 'shares': 'share',
        'follows': 'follow_creator', 'clicks': 'click', 'hides': 'hide',
    }) }}
{% endmacro %}
