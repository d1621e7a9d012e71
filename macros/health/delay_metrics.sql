{# A query that says what became of impressions, from counts of equal delays: one row per segment and span of time, with
   engaged_impressions, median_seconds_to_first_engagement and impressions_without_view_24h. The median is the interpolated one
   of the delays, each as often as it was counted.

   delays: a relation with segment, the span, seconds_to_first_engagement (null: none), n_impressions, n_without_view_24h.
   span: its column that says which time. #}
{% macro delay_metrics(delays, span) %}
    select
        totals.segment,
        totals.{{ span }},
        cast(totals.engaged_impressions as bigint) as engaged_impressions,
        medians.median_seconds_to_first_engagement,
        cast(totals.impressions_without_view_24h as bigint) as impressions_without_view_24h
    from (
        select
            segment,
            {{ span }},
            coalesce(
                sum(case when seconds_to_first_engagement is not null then n_impressions end), 0
            ) as engaged_impressions,
            sum(n_without_view_24h) as impressions_without_view_24h
        from {{ delays }}
        group by segment, {{ span }}
    ) as totals
    left join (
        select
            segment,
            {{ span }},
            min(seconds_to_first_engagement)
            + (max(seconds_to_first_engagement) - min(seconds_to_first_engagement)) * 0.5
                as median_seconds_to_first_engagement
        from (
            select
                segment,
                {{ span }},
                seconds_to_first_engagement,
                n_impressions,
                -- a delay fills the n_impressions places up to last_place among the sorted ones
                sum(n_impressions) over (
                    partition by segment, {{ span }}
                    order by seconds_to_first_engagement
                    rows between unbounded preceding and current row
                ) as last_place,
                sum(n_impressions) over (partition by segment, {{ span }}) as n_places
            from {{ delays }}
            where seconds_to_first_engagement is not null
        ) as placed
        -- the one or two in the middle: place n / 2 + 1/2, rounded down and up
        where
            2 * last_place >= n_places
            and 2 * (last_place - n_impressions) <= n_places
        group by segment, {{ span }}
    ) as medians
        on
            totals.segment = medians.segment
            and totals.{{ span }} = medians.{{ span }}
{% endmacro %}
