{# Counts of each kind of event that the health metrics are made of, as the columns of an aggregating select.

   events: the CTE, with event_type and watch_time_ratio. #}
{% macro event_counts(events) %}
    {%- set counts = {
        'impressions': 'impression', 'views': 'view', 'likes': 'like', 'comments': 'comment', 'shares': 'share',
        'follows': 'follow_creator', 'clicks': 'click', 'hides': 'hide',
    } -%}
    {%- for name, event_type in counts.items() %}
    count(*) filter (where {{ events }}.event_type = '{{ event_type }}') as {{ name }},
    {%- endfor %}
    count(*) filter (where {{ events }}.watch_time_ratio >= {{ var('watch_through_ratio') }}) as watched_through_views
{%- endmacro %}
