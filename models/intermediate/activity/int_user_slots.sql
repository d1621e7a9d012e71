{%- set half_timeout = var('session_timeout_minutes') * 30 %}

with

events as (

    select
        user_key,
        event_timestamp,
        {{ time_slot('event_timestamp', half_timeout) }} as time_slot
    from {{ ref('int_events') }}

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

final as (

    select
        *,
        cast(1 + sum(case
            when
                {{ elapsed_seconds('previous_ended_at', 'started_at') }}
                > {{ var('session_timeout_minutes') }} * 60
                then 1
            else 0
        end) over (
            partition by user_key
            order by time_slot
            rows between unbounded preceding and current row
        ) as bigint) as session_number
    from gaps

)

select * from final
