with

events as (

    select
        user_key,
        event_timestamp,
        {{ session_time_bin('event_timestamp') }} as time_bin
    from {{ ref('int_events') }}

),

-- Bins are half as long as the timeout, so events of one bin are never apart: only the gaps between
-- bins have to be looked at, and there are far fewer bins than events.
time_bins as (

    select
        user_key,
        time_bin,
        min(event_timestamp) as started_at,
        max(event_timestamp) as ended_at,
        count(*) as n_events
    from events
    group by user_key, time_bin

),

gaps as (

    select
        *,
        lag(ended_at) over (partition by user_key order by time_bin) as previous_ended_at
    from time_bins

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
            order by time_bin
            rows between unbounded preceding and current row
        ) as bigint) as session_number
    from gaps

)

select * from final
