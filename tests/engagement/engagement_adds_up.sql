-- The same engagement, summed by event, by pair and by ping.
with

events as (

    select
        coalesce(sum(event_score), 0) as engagement,
        count(*) as n_events
    from {{ ref('interactions') }}

),

pairs as (

    select
        coalesce(sum(engagement_score), 0) as engagement,
        coalesce(sum(n_events), 0) as n_events
    from {{ ref('user_ping_engagement') }}

),

ping_totals as (

    select coalesce(sum(global_engagement), 0) as engagement from {{ ref('ping_global_scores') }}

)

select
    events.engagement as by_event,
    pairs.engagement as by_pair,
    ping_totals.engagement as by_ping
from events
cross join pairs
cross join ping_totals
where
    events.n_events <> pairs.n_events
    or abs(events.engagement - pairs.engagement) > 1e-9 * (1 + abs(events.engagement))
    or abs(events.engagement - ping_totals.engagement) > 1e-9 * (1 + abs(events.engagement))
