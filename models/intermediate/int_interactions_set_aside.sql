-- The rows that are needed as they came: few, so that only these are stored as text.
with

interactions as (

    select * from {{ ref('stg_interactions') }}

),

checked_interactions as (

    select * from {{ ref('int_interactions_checked') }}

),

repeated_hashes as (

    select event_hash
    from checked_interactions
    group by event_hash
    having count(*) > 1

),

final as (

    select
        interactions.event_id,
        interactions.user_id,
        interactions.ping_id,
        interactions.event_type,
        interactions.event_timestamp,
        interactions.watch_time_sec,
        interactions.is_watch_time_sec_nulled,
        interactions.is_after_as_of,
        interactions.outcome,
        interactions.reject_reason,
        interactions.event_hash,
        case when not interactions.is_after_as_of then interactions.raw_row end as raw_row
    from interactions
    left join repeated_hashes on interactions.event_hash = repeated_hashes.event_hash
    where
        interactions.outcome <> 'accepted'
        or repeated_hashes.event_hash is not null

)

select * from final
