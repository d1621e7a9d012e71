with

events as (

    select * from {{ ref('int_events') }}

),

-- not used without an affinity window
newest as (  -- noqa: ST03

    select max(event_timestamp) as newest_event_timestamp from {{ ref('int_events') }}

),

final as (

    select
        events.user_key,
        events.ping_key,
        {{ exact_sum('events.event_score') }} as engagement_score,
        count(*) as n_events,
        {% if var('affinity_window_days') is none -%}
        count(*) as n_affinity_events,
        {% else -%}
        count(*) filter (
            where
            events.event_timestamp
            >= {{ add_days('newest.newest_event_timestamp', -var('affinity_window_days')) }}
        ) as n_affinity_events,
        {% endif -%}
        count(*) filter (where events.is_engagement) as n_engagements,
        count(*) filter (where events.is_impression) as n_impressions,
        min(events.event_timestamp) as first_event_timestamp,
        max(events.event_timestamp) as last_event_timestamp,
        min(events.event_timestamp) filter (where events.is_impression)
            as first_impression_timestamp,
        max(events.event_timestamp) filter (where events.is_impression)
            as last_impression_timestamp,
        min(events.event_timestamp) filter (where events.is_engagement)
            as first_engagement_timestamp,
        min(events.event_timestamp) filter (where events.is_view) as first_view_timestamp
    from events
    {% if var('affinity_window_days') is not none -%}
    cross join newest
    {% endif -%}
    group by events.user_key, events.ping_key

)

select * from final
