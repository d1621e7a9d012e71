-- What must be known of the whole log before its events are written, found in one reading of it:
-- reading costs more than grouping, and with the ids numbered first, events are stored with integer
-- keys from the start.
with

interactions as (

    select * from {{ ref('stg_interactions') }}

),

exposures as (

    select * from {{ ref('stg_exposures') }}
    where outcome = 'accepted'

),

log as (

    select
        case when is_accepted then user_id end as user_id,
        case when is_accepted then ping_id end as ping_id,
        event_hash,
        case when not is_accepted then true end as is_not_accepted
    from interactions
    union all
    select
        user_id,
        ping_id,
        null as event_hash,
        null as is_not_accepted
    from exposures

),

final as (

    select
        user_id,
        ping_id,
        event_hash
    from log
    group by grouping sets ((user_id), (ping_id), (event_hash))  -- noqa: PRS
    having
        event_hash is null
        or count(*) > 1
        or count(is_not_accepted) > 0

)

select * from final
