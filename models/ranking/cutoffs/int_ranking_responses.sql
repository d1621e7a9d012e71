-- Hours are whole numbers since 1970, so that a cutoff on a full hour never divides a row, and ages
-- are exact.
with

events as (

    select * from {{ ref('int_scored_events') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

graded as (

    select
        events.user_key,
        events.ping_key,
        pings.is_in_catalogue,
        events.is_view,
        event_weights.is_engagement,
        {{ is_event_type('event_weights', 'follow_creator') }} as is_follow,
        events.watch_time_ratio,
        events.event_score,
        {{ time_bin('events.event_timestamp', 3600) }} as hour_number,
        {{ relevance_grade(
            'events.is_view', 'events.watch_time_ratio', 'event_weights.relevance_grade'
        ) }} as relevance_grade
    from events
    inner join pings on events.ping_key = pings.ping_key
    inner join event_weights on events.event_type_key = event_weights.event_type_key

),

final as (

    select
        user_key,
        ping_key,
        hour_number,
        is_in_catalogue,
        count(*) as n_events,
        {{ exact_sum('event_score') }} as engagement_score,
        max(coalesce(relevance_grade, 0)) as relevance_grade,
        least(max(coalesce(watch_time_ratio, 0)), 2) as watch_time_ratio,
        count(*) filter (
            where
            is_engagement and not is_view
            or is_follow
        ) as n_active_events
    from graded
    group by user_key, ping_key, hour_number, is_in_catalogue

)

select * from final
