with

events as (

    select * from {{ ref('int_events') }}

),

pings as (

    select * from {{ ref('int_pings') }}
    where creator_key <> 0

),

recommendations as (

    select * from {{ served_recommendations() }}

),

creators as (

    select
        creator_id,
        count(*) as n_pings
    from pings
    group by creator_id

),

creator_events as (

    select
        pings.creator_id,
        {{ event_counts('events') | trim }}
    from events
    inner join pings on events.ping_key = pings.ping_key
    group by pings.creator_id

),

slots as (

    select
        pings.creator_id,
        count(*) as recommended_slots
    from recommendations
    inner join pings on recommendations.ping_key = pings.ping_key
    group by pings.creator_id

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
        {{ safe_divide('creator_events.watched_through_views', 'creator_events.views') }}
            as watch_through_rate,
        coalesce(creator_events.follows, 0) as follows,
        coalesce(creator_events.shares, 0) as shares,
        coalesce(slots.recommended_slots, 0) as recommended_slots,
        {{ safe_divide('coalesce(slots.recommended_slots, 0)', 'all_slots.n_slots') }}
            as exposure_share
    from creators
    left join creator_events on creators.creator_id = creator_events.creator_id
    left join slots on creators.creator_id = slots.creator_id
    cross join all_slots

)

select * from final
