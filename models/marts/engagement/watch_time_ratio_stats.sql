{%- set shares = [0.25, 0.5, 0.75, 0.9] %}

with

views as (

    select watch_time_ratio
    from {{ ref('int_events') }}
    where is_view

),

final as (

    select
        count(*) as view_count,
        {{ safe_divide(exact_sum('watch_time_ratio'), 'count(*)') }} as mean,
        stddev_samp(watch_time_ratio) as std,
        min(watch_time_ratio) as min,
        {{ percentile('watch_time_ratio', 0.25, shares) }} as p25,
        {{ percentile('watch_time_ratio', 0.5, shares) }} as p50,
        {{ percentile('watch_time_ratio', 0.75, shares) }} as p75,
        {{ percentile('watch_time_ratio', 0.9, shares) }} as p90,
        max(watch_time_ratio) as max
    from views

)

select * from final
