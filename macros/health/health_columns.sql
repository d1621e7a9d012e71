{# The health metrics, each with its numerator and denominator, from two CTEs that are joined to the rows to fill.

   counts: CTE with views, watched_through_views, impressions, engagements (null where there was no event).
   outcomes: CTE with the columns of delay_metrics. #}
{% macro health_columns(counts, outcomes) %}
    {%- set count = "cast(coalesce({}, 0) as bigint)" -%}
    {{ count.format(counts ~ '.views') }} as views,
    {{ count.format(counts ~ '.watched_through_views') }} as watched_through_views,
    {{ watch_through_rate(counts) }} as watch_through_rate,
    {{ count.format(counts ~ '.impressions') }} as impressions,
    {{ count.format(counts ~ '.engagements') }} as engagements,
    {{ safe_divide(counts ~ '.engagements', counts ~ '.impressions') }} as engagement_per_impression,
    {{ count.format(outcomes ~ '.engaged_impressions') }} as engaged_impressions,
    {{ outcomes }}.median_seconds_to_first_engagement,
    {{ count.format(outcomes ~ '.impressions_without_view_24h') }} as impressions_without_view_24h,
    {{ safe_divide(outcomes ~ '.impressions_without_view_24h', counts ~ '.impressions') }} as no_view_24h_rate
{%- endmacro %}
