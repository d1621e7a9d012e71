with

events as (

    select
        user_key,
        ping_key,
        event_timestamp,
        cast(floor(
            {{ elapsed_seconds("cast('1970-01-01' as timestamp)", 'event_timestamp') }}
            / ({{ var('session_timeout_minutes') }} * 30)
        ) as bigint) as time_slot
    from {{ ref('int_events') }}

),

users as (

    select * from {{ ref('int_users') }}

),

-- Slots are half as long as the timeout, so events of one slot are never apart: only the gaps
-- between slots have to be looked at, and there are far fewer slots than events.
slots as (

    select
        user_key,
        time_slot,
        min(event_timestamp) as started_at,
        max(event_timestamp) as ended_at,
        count(*) as n_events
    from events
    group by user_key, time_slot

),

gaps as (

    select
        *,
        lag(ended_at) over (partition by user_key order by time_slot) as previous_ended_at
    from slots

),

numbered as (

    select
        *,
        1 + sum(case
            when
                {{ elapsed_seconds('previous_ended_at', 'started_at') }}
                > {{ var('session_timeout_minutes') }} * 60
                then 1
            else 0
        end) over (
            partition by user_key
            order by time_slot
            rows between unbounded preceding and current row
        ) as session_number
    from gaps

),

session_spans as (

    select
        user_key,
        session_number,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        cast(sum(n_events) as bigint) as n_events
    from numbered
    group by user_key, session_number

),

session_pings as (

    select
        numbered.user_key,
        numbered.session_number,
        count(distinct events.ping_key) as n_pings
    from events
    inner join numbered
        on
            events.user_key = numbered.user_key
            and events.time_slot = numbered.time_slot
    group by numbered.user_key, numbered.session_number

),

final as (

    select
        users.user_id,
        cast(session_spans.session_number as bigint) as session_number,
        session_spans.started_at,
        session_spans.ended_at,
        {{ elapsed_seconds('session_spans.started_at', 'session_spans.ended_at') }} as duration_sec,
        session_spans.n_events,
        session_pings.n_pings
    from session_spans
    inner join session_pings
        on
            session_spans.user_key = session_pings.user_key
            and session_spans.session_number = session_pings.session_number
    inner join users on session_spans.user_key = users.user_key

)

select * from final
