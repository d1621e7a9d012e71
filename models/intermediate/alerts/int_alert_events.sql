-- Of a day counts what had arrived soon after it, as the days before are compared with it as they
-- were known then.
with

events as (

    select * from {{ ref('int_scored_events') }}

),

final as (

    select
        cast(event_timestamp as date) as event_date,
        event_type,
        is_impression,
        is_view,
        is_engagement,
        count(*) as n_events,
        count(*) filter (where {{ is_watched_through('watch_time_ratio') }}) as n_watched_through,
        count(*) filter (where {{ exceeds('watch_time_ratio', 1) }}) as n_above_length,
        count(*) filter (where is_view and watch_time_sec = 0) as n_of_zero,
        count(*) filter (where is_view and watch_time_sec is null) as n_without_watch_time,
        count(*) - count(event_id) as n_without_event_id,
        count(*) - count(loaded_at) as n_without_loaded_at
    from events
    where {{ is_known_after('event_timestamp', 'loaded_at', var('alert_arrival_hours')) }}
    group by
        cast(event_timestamp as date),
        event_type,
        is_impression,
        is_view,
        is_engagement

)

select * from final
