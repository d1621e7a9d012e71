with

cohort_days as (

    select * from {{ ref('int_cohort_days') }}

),

user_days as (

    select * from {{ ref('int_user_days') }}

),

users as (

    select * from {{ ref('int_users') }}

),

segment_impressions as (

    select * from {{ ref('int_impression_days') }}

),

segment_cohorts as (
    {{ segment_cohorts() }}
),

log_end as (
    {{ log_end() }}
),

segment_days as (

    select
        cohort_days.event_date,
        segment_cohorts.segment,
        {% for name in event_types().keys() | list + ['n_events', 'watched_through_views'] -%}
        cast(sum(cohort_days.{{ name }}) as bigint) as {{ name }},
        {% endfor -%}
        cast(sum(cohort_days.engagements) as bigint) as engagements
    from cohort_days
    inner join segment_cohorts on cohort_days.cohort = segment_cohorts.cohort
    group by cohort_days.event_date, segment_cohorts.segment

),

segment_users as (

    select
        user_days.event_date,
        segment_cohorts.segment,
        count(*) as active_users
    from user_days
    inner join users on user_days.user_key = users.user_key
    inner join segment_cohorts on users.cohort = segment_cohorts.cohort
    group by user_days.event_date, segment_cohorts.segment

),

final as (

    select
        segment_days.event_date as date,
        segment_days.segment,
        segment_days.n_events,
        segment_users.active_users,
        segment_days.likes,
        segment_days.comments,
        segment_days.shares,
        segment_days.follows,
        segment_days.clicks,
        segment_days.hides,
        {{ health_columns('segment_days', 'segment_impressions') | trim }},
        {{ rate_intervals({
            'watch_through_rate': (
                'segment_days.watched_through_views', 'segment_days.views'
            ),
            'no_view_24h_rate': (
                'coalesce(segment_impressions.impressions_without_view_24h, 0)',
                'segment_days.impressions'
            ),
        }) | trim }},
        segment_days.views < {{ var('few_below') }} as is_few_views,
        segment_days.impressions < {{ var('few_below') }} as is_few_impressions,
        -- until the next day is over, an impression may still get its view
        segment_days.event_date >= log_end.whole_date as is_provisional
    from segment_days
    inner join segment_users
        on
            segment_days.event_date = segment_users.event_date
            and segment_days.segment = segment_users.segment
    left join segment_impressions
        on
            segment_days.event_date = segment_impressions.event_date
            and segment_days.segment = segment_impressions.segment
    cross join log_end

)

select * from final
