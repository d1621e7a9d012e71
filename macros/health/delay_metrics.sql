{# What became of impressions, from counts of equal delays: the CTEs up to `final`, one row per segment and span of time.
   The median is the interpolated one of the delays, each as often as it was counted.

   span: the column beside segment that says which time. Needs the CTE delays beside it: segment, the span,
   seconds_to_first_engagement (null: none), n_impressions, n_without_view_24h. #}
{% macro delay_metrics(span) %}
totals as (

    select
        segment,
        {{ span }},
        coalesce(
            sum(case when seconds_to_first_engagement is not null then n_impressions end), 0
        ) as engaged_impressions,
        sum(n_without_view_24h) as impressions_without_view_24h
    from delays
    group by segment, {{ span }}

),

-- a delay fills the n_impressions places up to last_place among the sorted ones
placed as (

    select
        segment,
        {{ span }},
        seconds_to_first_engagement,
        sum(n_impressions) over (
            partition by segment, {{ span }}
            order by seconds_to_first_engagement
            rows between unbounded preceding and current row
        ) as last_place,
        n_impressions
    from delays
    where seconds_to_first_engagement is not null

),

-- the one or two in the middle: place n / 2 + 1/2, rounded down and up
medians as (

    select
        placed.segment,
        placed.{{ span }},
        min(placed.seconds_to_first_engagement)
        + (max(placed.seconds_to_first_engagement) - min(placed.seconds_to_first_engagement)) * 0.5
            as median_seconds_to_first_engagement
    from placed
    inner join totals
        on
            placed.segment = totals.segment
            and placed.{{ span }} = totals.{{ span }}
    where
        2 * placed.last_place >= totals.engaged_impressions
        and 2 * (placed.last_place - placed.n_impressions) <= totals.engaged_impressions
    group by placed.segment, placed.{{ span }}

),

final as (

    select
        totals.segment,
        totals.{{ span }},
        cast(totals.engaged_impressions as bigint) as engaged_impressions,
        medians.median_seconds_to_first_engagement,
        cast(totals.impressions_without_view_24h as bigint) as impressions_without_view_24h
    from totals
    left join medians
        on
            totals.segment = medians.segment
            and totals.{{ span }} = medians.{{ span }}

)
{% endmacro %}
