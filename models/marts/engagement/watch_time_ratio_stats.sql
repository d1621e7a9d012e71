{%- set shares = [0.25, 0.5, 0.75, 0.9] %}

with

views as (

    select watch_time_ratio
    from {{ ref('int_scored_events') }}
    where is_view

),

bins as (

    select * from {{ ref('int_watch_time_ratio_bins') }}

),

totals as (

    select
        coalesce(sum(n_views), 0) as view_count,
        {{ safe_divide(exact_sum('watch_time_ratios'), 'sum(n_views)') }} as mean
    from bins

),

spread as (

    select
        stddev_samp(watch_time_ratio) as std,
        min(watch_time_ratio) as min,
        {{ percentile('watch_time_ratio', 0.25, shares) }} as p25,
        {{ percentile('watch_time_ratio', 0.5, shares) }} as p50,
        {{ percentile('watch_time_ratio', 0.75, shares) }} as p75,
        {{ percentile('watch_time_ratio', 0.9, shares) }} as p90,
        max(watch_time_ratio) as max
    from views

),

final as (

    select
        cast(totals.view_count as bigint) as view_count,
        totals.mean,
        spread.std,
        spread.min,
        spread.p25,
        spread.p50,
        spread.p75,
        spread.p90,
        spread.max
    from totals
    cross join spread

)

select * from final
