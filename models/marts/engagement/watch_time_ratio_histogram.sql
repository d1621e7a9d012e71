{%- set bins_per_unit = var('histogram_bins_per_unit') -%}
{%- set last_bin = var('histogram_max_ratio') * bins_per_unit -%}

with

views as (

    select watch_time_ratio
    from {{ ref('int_events') }}
    where is_view

),

bins as (
    {{ number_rows(last_bin + 1) }}

),

binned as (

    select
        cast(
            floor(least(watch_time_ratio, {{ var('histogram_max_ratio') }}) * {{ bins_per_unit }})
            as integer
        ) as n
    from views

),

counted as (

    select
        n,
        count(*) as view_count
    from binned
    group by n

),

final as (

    select
        {{ safe_divide('bins.n', bins_per_unit) }} as bin_start,
        case
            when bins.n < {{ last_bin }} then {{ safe_divide('bins.n + 1', bins_per_unit) }}
        end as bin_end,
        coalesce(counted.view_count, 0) as view_count
    from bins
    left join counted on bins.n = counted.n

)

select * from final
