-- Each group ends at one of these delays (seconds, inclusive) and begins after the one before.
{%- set ends = [0, 1, 2, 5, 10, 30, 60, 300, 3600, 86400] -%}
{%- set later = ends | length + 1 -%}
{%- set never = ends | length + 2 %}

with

impression_delays as (

    select * from {{ ref('int_impression_delays') }}

),

segment_cohorts as (
    {{ segment_cohorts() }}
),

delay_groups as (
    {% for number in range(1, never + 1) %}
    select
        {{ number }} as delay_group,
        cast({{ ends[number - 2] if 1 < number <= later else 'null' }} as {{ type_double() }})
            as over_seconds,
        cast({{ ends[number - 1] if number < later else 'null' }} as {{ type_double() }})
            as up_to_seconds
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

segment_groups as (

    select distinct
        segment_cohorts.segment,
        delay_groups.delay_group,
        delay_groups.over_seconds,
        delay_groups.up_to_seconds
    from segment_cohorts
    cross join delay_groups

),

grouped as (

    select
        cohort,
        case
            when seconds_to_first_engagement is null then {{ never }}
            {%- for end in ends %}
            when seconds_to_first_engagement <= {{ end }} then {{ loop.index }}
            {%- endfor %}
            else {{ later }}
        end as delay_group,
        n_impressions
    from impression_delays

),

cohort_groups as (

    select
        cohort,
        delay_group,
        sum(n_impressions) as n_impressions
    from grouped
    group by cohort, delay_group

),

counted as (

    select
        segment_groups.segment,
        segment_groups.delay_group,
        segment_groups.over_seconds,
        segment_groups.up_to_seconds,
        coalesce(sum(cohort_groups.n_impressions), 0) as n_impressions
    from segment_groups
    inner join segment_cohorts on segment_groups.segment = segment_cohorts.segment
    left join cohort_groups
        on
            segment_cohorts.cohort = cohort_groups.cohort
            and segment_groups.delay_group = cohort_groups.delay_group
    group by
        segment_groups.segment,
        segment_groups.delay_group,
        segment_groups.over_seconds,
        segment_groups.up_to_seconds

),

cumulated as (

    select
        *,
        sum(n_impressions) over (partition by segment) as n_all,
        sum(n_impressions) over (
            partition by segment
            order by delay_group
            rows between unbounded preceding and current row
        ) as n_so_far
    from counted

),

final as (

    select
        segment,
        cast(delay_group as bigint) as delay_group,
        over_seconds,
        up_to_seconds,
        cast(n_impressions as bigint) as impressions_in_group,
        case when delay_group < {{ never }} then cast(n_so_far as bigint) end
            as impressions_engaged_by_then,
        cast(n_all as bigint) as impressions,
        case when delay_group < {{ never }} then {{ safe_divide('n_so_far', 'n_all') }} end
            as engaged_by_then_rate
    from cumulated

)

select * from final
