{%- set starts = ping_age_starts() -%}
{%- set unknown = starts | length + 1 %}

with

impressions as (

    select * from {{ ref('int_impressions') }}

),

pings as (

    select * from {{ ref('int_pings') }}
    where is_in_catalogue

),

segment_cohorts as (
    {{ segment_cohorts() }}
),

age_groups as (
    {% for start in starts %}
    select
        {{ loop.index }} as age_group,
        {{ start }} as from_days,
        {{ loop.nextitem - 1 if not loop.last else 'null' }} as to_days
    union all
    {%- endfor %}
    select
        {{ unknown }} as age_group,
        null as from_days,
        null as to_days

),

segment_groups as (

    select distinct
        segment_cohorts.segment,
        age_groups.age_group,
        age_groups.from_days,
        age_groups.to_days
    from segment_cohorts
    cross join age_groups

),

aged as (

    select
        impressions.cohort,
        impressions.has_view_within_24h,
        {{ elapsed_seconds('pings.created_at', 'impressions.event_timestamp') }} as age_seconds
    from impressions
    left join pings on impressions.ping_key = pings.ping_key

),

grouped as (

    select
        cohort,
        has_view_within_24h,
        {{ ping_age_group('age_seconds') }} as age_group
    from aged

),

cohort_groups as (

    select
        cohort,
        age_group,
        count(*) as n_impressions,
        count(*) filter (where not has_view_within_24h) as n_without_view_24h
    from grouped
    group by cohort, age_group

),

counted as (

    select
        segment_groups.segment,
        segment_groups.age_group,
        segment_groups.from_days,
        segment_groups.to_days,
        coalesce(sum(cohort_groups.n_impressions), 0) as impressions,
        coalesce(sum(cohort_groups.n_without_view_24h), 0) as impressions_without_view_24h
    from segment_groups
    inner join segment_cohorts on segment_groups.segment = segment_cohorts.segment
    left join cohort_groups
        on
            segment_cohorts.cohort = cohort_groups.cohort
            and segment_groups.age_group = cohort_groups.age_group
    group by
        segment_groups.segment,
        segment_groups.age_group,
        segment_groups.from_days,
        segment_groups.to_days

),

final as (

    select
        segment,
        cast(age_group as bigint) as age_group,
        cast(from_days as bigint) as from_days,
        cast(to_days as bigint) as to_days,
        cast(impressions as bigint) as impressions,
        cast(impressions_without_view_24h as bigint) as impressions_without_view_24h,
        {{ safe_divide('impressions_without_view_24h', 'impressions') }} as no_view_24h_rate
    from counted

)

select * from final
