{# What became of impressions, as the columns of an aggregating select.

   impressions: the CTE, of the grain and columns of int_impressions. #}
{% macro impression_metrics(impressions) %}
    count({{ impressions }}.seconds_to_first_engagement) as engaged_impressions,
    percentile_cont(0.5) within group (order by {{ impressions }}.seconds_to_first_engagement)
        as median_seconds_to_first_engagement,
    count(*) filter (where not {{ impressions }}.has_view_within_24h) as impressions_without_view_24h
{%- endmacro %}
