with

interactions as (

    select * from {{ ref('int_interactions_set_aside') }}
    where reject_reason is null

),

repeated_hashes as (

    select
        event_hash,
        is_after_as_of
    from interactions
    group by event_hash, is_after_as_of
    having count(*) > 1

),

candidates as (

    select interactions.*
    from interactions
    inner join repeated_hashes
        on
            interactions.event_hash = repeated_hashes.event_hash
            and interactions.is_after_as_of = repeated_hashes.is_after_as_of

),

-- the hash only finds candidates: events are the same by their event_id or, without one, by all of
-- their values
final as (

    select
        *,
        row_number() over (
            partition by
                is_after_as_of,
                event_id,
                case when event_id is null then user_id end,
                case when event_id is null then ping_id end,
                case when event_id is null then event_type end,
                case when event_id is null then event_timestamp end,
                case when event_id is null then watch_time_sec end
            order by event_timestamp, user_id, ping_id, event_type, watch_time_sec, raw_row
        ) as copy_number
    from candidates

)

select * from final
