{%- set bins_per_unit = var('histogram_bins_per_unit') -%}
{%- set last_bin = var('histogram_max_ratio') * bins_per_unit -%}

with

events as (

    select * from {{ ref('int_events') }}
    where is_view

),

users as (

    select * from {{ ref('int_users') }}

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

binned as (

    select
        users.cohort,
        cast(
            floor(
                least(events.watch_time_ratio, {{ var('histogram_max_ratio') }})
                * {{ bins_per_unit }}
            ) as integer
        ) as n
    from events
    inner join users on events.user_key = users.user_key

),

cohort_bins as (

    select
        cohort,
        n,
        count(*) as n_views
    from binned
    group by cohort, n

),

counted as (

    select
        segment_bins.segment,
        segment_bins.n,
        coalesce(sum(cohort_bins.n_views), 0) as n_views
    from segment_bins
    inner join segment_cohorts on segment_bins.segment = segment_cohorts.segment
    left join cohort_bins
        on
            segment_cohorts.cohort = cohort_bins.cohort
            and segment_bins.n = cohort_bins.n
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
