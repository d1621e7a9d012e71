with

cohort_days as (

    select * from {{ ref('int_cohort_days') }}

),

days_before as (
    {{ number_rows(8) }}
),

log_days as (

    select
        event_date,
        sum(n_events) as n_events,
        sum(views) as views,
        sum(watched_through_views) as watched_through_views,
        sum(impressions) as impressions,
        sum(engagements) as engagements
    from cohort_days
    group by event_date

),

log_end as (
    {{ log_end() }}
),

dated as (

    select
        days_before.n as days_before,
        log_end.first_date,
        cast({{ add_days('cast(log_end.whole_date as timestamp)', '0 - days_before.n') }} as date)
            as event_date
    from log_end
    cross join days_before

),

final as (

    select
        dated.days_before,
        dated.event_date,
        {%- for name in [
            'n_events', 'views', 'watched_through_views', 'impressions', 'engagements'
        ] %}
        cast(coalesce(log_days.{{ name }}, 0) as bigint) as {{ name }},
        {%- endfor %}
        {{ safe_divide('log_days.watched_through_views', 'log_days.views') }}
            as watch_through_rate,
        {{ safe_divide('log_days.engagements', 'log_days.impressions') }}
            as engagement_per_impression
    from dated
    left join log_days on dated.event_date = log_days.event_date
    where dated.event_date >= dated.first_date

)

select * from final
