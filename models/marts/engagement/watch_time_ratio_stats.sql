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

deviations as (

    select (views.watch_time_ratio - totals.mean) * (views.watch_time_ratio - totals.mean) as square
    from views
    cross join totals

),

-- a sum that does not depend on the order of the rows, as stddev_samp does; the square of a ratio
-- may be of a size that exact_sum would add as a double, in any order
summed as (

    select
        {{ exact_sum('square', with_giants=false) }}
        + 1e12 * {{ exact_sum(
            'case when square >= ' ~ exact_sum_limit() ~ ' then square / 1e12 end',
            with_giants=false
        ) }} as squares
    from deviations

),

spread as (

    select
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
        sqrt({{ safe_divide('summed.squares', '(totals.view_count - 1)') }}) as std,
        spread.min,
        spread.p25,
        spread.p50,
        spread.p75,
        spread.p90,
        spread.max
    from totals
    cross join summed
    cross join spread

)

select * from final
