-- The raw log is read here once: reading it again would cost as much, and files may grow while a run goes on.
with

interactions as (

    select * from {{ ref('stg_interactions') }}

),

final as (

    select
        event_id,
        user_id,
        ping_id,
        event_type,
        event_timestamp,
        watch_time_sec,
        is_watch_time_sec_nulled,
        is_after_as_of,
        outcome,
        reject_reason,
        event_hash,
        case when outcome = 'rejected' then raw_row end as raw_row
    from interactions

)

select * from final
