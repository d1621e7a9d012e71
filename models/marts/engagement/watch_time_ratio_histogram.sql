{%- set bins_per_unit = var('histogram_bins_per_unit') -%}
{%- set last_bin = var('histogram_max_ratio') * bins_per_unit -%}

with

ratio_bins as (

    select * from {{ ref('int_watch_time_ratio_bins') }}

),

bins as (
    {{ number_rows(last_bin + 1) }}

),

counted as (

    select
        n,
        sum(n_views) as view_count
    from ratio_bins
    group by n

),

final as (

    select
        {{ safe_divide('bins.n', bins_per_unit) }} as bin_start,
        case
            when bins.n < {{ last_bin }} then {{ safe_divide('bins.n + 1', bins_per_unit) }}
        end as bin_end,
        cast(coalesce(counted.view_count, 0) as bigint) as view_count
    from bins
    left join counted on bins.n = counted.n

)

select * from final
