-- The orderings of the baseline strategies. `random` is one shuffled circle of the catalogue; each
-- user starts elsewhere.
with

ping_scores as (

    select * from {{ ref('int_ping_scores') }}
    where is_in_catalogue

),

events as (

    select * from {{ ref('int_events') }}

),

newest as (

    select max(event_timestamp) as newest_event_timestamp from {{ ref('int_events') }}

),

recent_engagement as (

    select
        events.ping_key,
        {{ exact_sum('events.event_score') }} as recent_engagement
    from events
    cross join newest
    where
        events.event_timestamp
        >= {{ add_days('newest.newest_event_timestamp', -var('trending_days')) }}
    group by events.ping_key

),

final as (

    select
        ping_scores.ping_key,
        row_number() over (
            order by ping_scores.global_engagement desc, ping_scores.ping_key
        ) as popular_rank,
        row_number() over (
            order by
                coalesce(recent_engagement.recent_engagement, 0) desc,
                ping_scores.global_engagement desc,
                ping_scores.ping_key
        ) as trending_rank,
        row_number() over (
            order by
                {{ shuffle_hash('ping_scores.ping_key') }},
                ping_scores.ping_key
        ) as random_rank
    from ping_scores
    left join recent_engagement on ping_scores.ping_key = recent_engagement.ping_key

)

select * from final
