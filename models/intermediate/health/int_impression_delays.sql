-- Equal delays are counted here, by the parts that segments, days and time windows consist of:
-- there are far fewer of them than impressions, and they add up.
with

impressions as (

    select * from {{ ref('int_impressions') }}

),

log_span as (
    {{ log_span() }}
),

final as (

    select
        impressions.cohort,
        cast(impressions.event_timestamp as date) as event_date,
        {{ days_before('impressions.event_timestamp', 'log_span.newest_event_timestamp') }}
            as days_before_newest,
        impressions.seconds_to_first_engagement,
        count(*) as n_impressions,
        count(*) filter (where not impressions.has_view_within_24h) as n_without_view_24h
    from impressions
    cross join log_span
    group by
        impressions.cohort,
        cast(impressions.event_timestamp as date),
        {{ days_before('impressions.event_timestamp', 'log_span.newest_event_timestamp') }},
        impressions.seconds_to_first_engagement

)

select * from final
