with

events as (

    select
        events.user_key,
        events.ping_key,
        events.watch_time_sec,
        event_weights.event_type
    from {{ ref('int_events') }} as events
    inner join {{ ref('stg_event_weights') }} as event_weights
        on events.event_type_key = event_weights.event_type_key

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

log_clicks as (

    select count(*) filter (where event_type = 'click') as n_clicks from events

),

counted as (

    select
        events.user_key,
        events.ping_key,
        count(*) filter (
            where events.event_type = case when log_clicks.n_clicks > 0 then 'click' else 'view' end
        ) as clicks,
        coalesce({{ exact_sum('events.watch_time_sec') }}, 0) as dwell_time,
        count(*) filter (where events.event_type = 'share') as shares,
        count(*) filter (where events.event_type = 'comment') as comments,
        count(*) filter (where events.event_type = 'hide') as hides
    from events
    cross join log_clicks
    group by events.user_key, events.ping_key

),

scored as (

    select
        *,
        {{ var('label_weight_click') }} * clicks
        + {{ var('label_weight_dwell') }} * (dwell_time / {{ var('label_expected_dwell_sec') }})
        + {{ var('label_weight_share') }} * shares
        + {{ var('label_weight_comment') }} * comments
        - {{ var('label_weight_hide') }} * hides as label_score
    from counted

),

final as (

    select
        users.user_id,
        pings.ping_id,
        scored.clicks,
        scored.dwell_time,
        scored.shares,
        scored.comments,
        scored.hides,
        scored.label_score,
        case
            when scored.label_score > {{ var('label_threshold') }} then 1
            else 0
        end as label
    from scored
    inner join users on scored.user_key = users.user_key
    inner join pings on scored.ping_key = pings.ping_key

)

select * from final
