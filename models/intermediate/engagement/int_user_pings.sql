with

events as (

    select
        user_key,
        ping_key,
        event_timestamp,
        case when is_impression then event_timestamp end as impression_timestamp,
        case when is_engagement then event_timestamp end as engagement_timestamp,
        case when is_view then event_timestamp end as view_timestamp,
        event_score
    from {{ ref('int_events') }}

),

-- not used without an affinity window
log_span as (  -- noqa: ST03
    {{ log_span() }}
),

-- what exact_sum leaves out; hardly any log has one
giant_scores as (

    select
        user_key,
        ping_key,
        sum(event_score) as engagement_score
    from {{ ref('int_events') }}
    where
        event_score >= {{ exact_sum_limit() }}
        or event_score <= -{{ exact_sum_limit() }}
    group by user_key, ping_key

),

grouped as (

    select
        events.user_key,
        events.ping_key,
        {{ exact_sum('events.event_score', with_giants=false) }} as engagement_score,
        count(*) as n_events,
        {% if var('affinity_window_days') is none -%}
        count(*) as n_affinity_events,
        {% else -%}
        count(*) filter (
            where
            events.event_timestamp
            >= {{ add_days('log_span.newest_event_timestamp', -var('affinity_window_days')) }}
        ) as n_affinity_events,
        {% endif -%}
        count(events.engagement_timestamp) as n_engagements,
        count(events.impression_timestamp) as n_impressions,
        min(events.event_timestamp) as first_event_timestamp,
        max(events.event_timestamp) as last_event_timestamp,
        min(events.impression_timestamp) as first_impression_timestamp,
        max(events.impression_timestamp) as last_impression_timestamp,
        min(events.engagement_timestamp) as first_engagement_timestamp,
        min(events.view_timestamp) as first_view_timestamp
    from events
    {% if var('affinity_window_days') is not none -%}
    cross join log_span
    {% endif -%}
    group by events.user_key, events.ping_key

),

final as (

    select
        grouped.user_key,
        grouped.ping_key,
        grouped.engagement_score + coalesce(giant_scores.engagement_score, 0) as engagement_score,
        grouped.n_events,
        grouped.n_affinity_events,
        grouped.n_engagements,
        grouped.n_impressions,
        grouped.first_event_timestamp,
        grouped.last_event_timestamp,
        grouped.first_impression_timestamp,
        grouped.last_impression_timestamp,
        grouped.first_engagement_timestamp,
        grouped.first_view_timestamp
    from grouped
    left join giant_scores
        on
            grouped.user_key = giant_scores.user_key
            and grouped.ping_key = giant_scores.ping_key

)

select * from final
