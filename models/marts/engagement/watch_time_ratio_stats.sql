with

views as (

    select watch_time_ratio
    from {{ ref('int_events') }}
    where event_type = 'view'

),

final as (

    select
        count(*) as view_count,
        {{ safe_divide(exact_sum('watch_time_ratio'), 'count(*)') }} as mean,
        stddev_samp(watch_time_ratio) as std,
        min(watch_time_ratio) as min,
        percentile_cont(0.25) within group (order by watch_time_ratio) as p25,
        percentile_cont(0.5) within group (order by watch_time_ratio) as p50,
        percentile_cont(0.75) within group (order by watch_time_ratio) as p75,
        percentile_cont(0.9) within group (order by watch_time_ratio) as p90,
        max(watch_time_ratio) as max
    from views

)

select * from final
