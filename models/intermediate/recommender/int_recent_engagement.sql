with

events as (

    select * from {{ ref('int_scored_events') }}

),

log_span as (
    {{ log_span() }}
),

final as (

    select
        events.ping_key,
        {{ exact_sum('events.event_score') }} as recent_engagement
    from events
    cross join log_span
    where
        events.event_timestamp
        >= {{ add_days('log_span.newest_event_timestamp', -(var('trending_days') | int)) }}
    group by events.ping_key

)

select * from final
