{# The counts that the metrics whose changes are explained are made of, as a list of names. No arguments. #}
{% macro change_counts() %}
    {{ return(
        ['n_events'] + event_types().keys() | list
        + ['engagements', 'watched_through_views', 'impressions_without_view_24h']
    ) }}
{% endmacro %}
