{%- set bins_per_unit = var('histogram_bins_per_unit') -%}
{%- set last_bin = var('histogram_max_ratio') * bins_per_unit -%}

with

ratio_bins as (

    select * from {{ ref('int_watch_time_ratio_bins') }}

),

segment_cohorts as (
    {{ segment_cohorts() }}
),

bins as (
    {{ number_rows(last_bin + 1) }}

),

segment_bins as (

    select distinct
        segment_cohorts.segment,
        bins.n
    from segment_cohorts
    cross join bins

),

counted as (

    select
        segment_bins.segment,
        segment_bins.n,
        coalesce(sum(ratio_bins.n_views), 0) as n_views
    from segment_bins
    inner join segment_cohorts on segment_bins.segment = segment_cohorts.segment
    left join ratio_bins
        on
            segment_cohorts.cohort = ratio_bins.cohort
            and segment_bins.n = ratio_bins.n
    group by segment_bins.segment, segment_bins.n

),

reached as (

    select
        segment,
        n,
        n_views,
        sum(n_views) over (
            partition by segment
            order by n desc
            rows between unbounded preceding and current row
        ) as views_reaching,
        sum(n_views) over (partition by segment) as views
    from counted

),

final as (

    select
        segment,
        {{ safe_divide('n', bins_per_unit) }} as watch_time_ratio,
        cast(n_views as bigint) as views_in_bin,
        cast(views_reaching as bigint) as views_reaching,
        cast(views as bigint) as views,
        {{ safe_divide('views_reaching', 'views') }} as share_reaching
    from reached

)

select * from final
