{# The columns of an exposure log that count events, without `_count`, and the type of the events: {column: type}. #}
{% macro exposure_counts() %}
    {{ return({
        'click': 'click', 'like': 'like', 'share': 'share', 'comment': 'comment', 'follow': 'follow_creator',
        'hide': 'hide',
    }) }}
{% endmacro %}
