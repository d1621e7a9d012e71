with

events as (

    select
        user_key,
        ping_key,
        event_timestamp
    from {{ ref('int_events') }}

),

users as (

    select * from {{ ref('int_users') }}

),

gaps as (

    select
        *,
        lag(event_timestamp) over (
            partition by user_key order by event_timestamp
        ) as previous_timestamp
    from events

),

-- events of one timestamp are never apart, so their order among each other cannot matter
numbered as (

    select
        *,
        1 + sum(case
            when {{ elapsed_seconds('previous_timestamp', 'event_timestamp') }}
                > {{ var('session_timeout_minutes') }} * 60 then 1
            else 0
        end) over (
            partition by user_key
            order by event_timestamp
            range between unbounded preceding and current row
        ) as session_number
    from gaps

),

sessions as (

    select
        user_key,
        session_number,
        min(event_timestamp) as started_at,
        max(event_timestamp) as ended_at,
        count(*) as n_events,
        count(distinct ping_key) as n_pings
    from numbered
    group by user_key, session_number

),

final as (

    select
        users.user_id,
        cast(sessions.session_number as bigint) as session_number,
        sessions.started_at,
        sessions.ended_at,
        {{ elapsed_seconds('sessions.started_at', 'sessions.ended_at') }} as duration_sec,
        sessions.n_events,
        sessions.n_pings
    from sessions
    inner join users on sessions.user_key = users.user_key

)

select * from final
