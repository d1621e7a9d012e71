with

events as (

    select * from {{ ref('int_events') }}

),

event_weights as (

    select
        event_type_key,
        {% for event_type in ['click', 'share', 'comment'] -%}
        {{ is_event_type('weights', event_type) }} as is_{{ event_type }},
        {% endfor -%}
        {{ is_event_type('weights', 'hide') }} as is_hide
    from {{ ref('stg_event_weights') }} as weights

),

typed_events as (

    select
        events.user_key,
        events.ping_key,
        events.is_view,
        {{ counted_watch_time('events.watch_time_sec') }} as watch_time_sec,
        event_weights.is_click,
        event_weights.is_share,
        event_weights.is_comment,
        event_weights.is_hide
    from events
    inner join event_weights on events.event_type_key = event_weights.event_type_key

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

log_clicks as (

    select count(*) filter (where is_click) as n_clicks from typed_events

),

counted as (

    select
        typed_events.user_key,
        typed_events.ping_key,
        count(*) filter (
            where
            typed_events.is_click
            or log_clicks.n_clicks = 0 and typed_events.is_view
        ) as clicks,
        coalesce({{ exact_sum('typed_events.watch_time_sec') }}, 0) as dwell_time,
        count(*) filter (where typed_events.is_share) as shares,
        count(*) filter (where typed_events.is_comment) as comments,
        count(*) filter (where typed_events.is_hide) as hides
    from typed_events
    cross join log_clicks
    group by typed_events.user_key, typed_events.ping_key

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
            when {{ exceeds('scored.label_score', var('label_threshold')) }} then 1
            else 0
        end as label
    from scored
    inner join users on scored.user_key = users.user_key
    inner join pings on scored.ping_key = pings.ping_key

)

select * from final
