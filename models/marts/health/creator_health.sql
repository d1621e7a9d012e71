with

events as (

    select * from {{ ref('int_scored_events') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

pings as (

    select * from {{ ref('int_pings') }}
    where creator_key <> 0

),

recommendations as (

    select * from {{ ref('int_served_recommendations') }}

),

creators as (

    select
        creator_key,
        creator_id,
        count(*) as n_pings
    from pings
    group by creator_key, creator_id

),

counted as (

    select
        ping_key,
        event_type_key,
        {{ is_watched_through('watch_time_ratio') }} as is_watched_through,
        count(*) as n_events
    from events
    group by ping_key, event_type_key, {{ is_watched_through('watch_time_ratio') }}

),

creator_events as (

    select
        pings.creator_key,
        {{ event_counts('counted') | trim }}
    from counted
    inner join event_weights on counted.event_type_key = event_weights.event_type_key
    inner join pings on counted.ping_key = pings.ping_key
    group by pings.creator_key

),

slots as (

    select
        pings.creator_key,
        count(*) as recommended_slots
    from recommendations
    inner join pings on recommendations.ping_key = pings.ping_key
    group by pings.creator_key

),

all_slots as (

    select count(*) as n_slots from recommendations

),

final as (

    select
        creators.creator_id,
        creators.n_pings as pings,
        coalesce(creator_events.impressions, 0) as impressions,
        coalesce(creator_events.views, 0) as views,
        coalesce(creator_events.watched_through_views, 0) as watched_through_views,
        {{ watch_through_rate('creator_events') }} as watch_through_rate,
        coalesce(creator_events.follows, 0) as follows,
        coalesce(creator_events.shares, 0) as shares,
        coalesce(slots.recommended_slots, 0) as recommended_slots,
        {{ safe_divide('coalesce(slots.recommended_slots, 0)', 'all_slots.n_slots') }}
            as exposure_share
    from creators
    left join creator_events on creators.creator_key = creator_events.creator_key
    left join slots on creators.creator_key = slots.creator_key
    cross join all_slots

)

select * from final
