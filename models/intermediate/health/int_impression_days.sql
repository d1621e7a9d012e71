with

impression_delays as (

    select * from {{ ref('int_impression_delays') }}

),

segment_cohorts as (
    {{ segment_cohorts() }}
),

delays as (

    select
        segment_cohorts.segment,
        impression_delays.event_date,
        impression_delays.seconds_to_first_engagement,
        sum(impression_delays.n_impressions) as n_impressions,
        sum(impression_delays.n_without_view_24h) as n_without_view_24h
    from impression_delays
    inner join segment_cohorts on impression_delays.cohort = segment_cohorts.cohort
    group by
        segment_cohorts.segment,
        impression_delays.event_date,
        impression_delays.seconds_to_first_engagement

),

final as (

    {{ delay_metrics('delays', 'event_date') | trim }}

)

select * from final
