{# Counts of each kind of event that the health metrics are made of, as the columns of an aggregating select.

   counted: a CTE that has counted equal events already, since there are few kinds of them: with is_watched_through
   (of views, see the macro) and n_events. It is joined with event_weights, which names the types and says which of them
   are engagements. #}
{% macro event_counts(counted) %}
    {%- set count = 'cast(coalesce(sum(' ~ counted ~ '.n_events) filter (where {}), 0) as bigint)' -%}
    {%- for name, event_type in event_types().items() %}
    {{ count.format(is_event_type('event_weights', event_type)) }} as {{ name }},
    {%- endfor %}
    {{ count.format('event_weights.is_engagement') }} as engagements,
    {{ count.format(counted ~ '.is_watched_through') }} as watched_through_views
{%- endmacro %}
