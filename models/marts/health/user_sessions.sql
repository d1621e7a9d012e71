{%- set half_timeout = var('session_timeout_minutes') * 30 %}

with

events as (

    select
        user_key,
        event_timestamp,
        {{ time_slot('event_timestamp', half_timeout) }} as time_slot
    from {{ ref('int_events') }}

),

one_slot_pairs as (

    select
        user_key,
        {{ time_slot('first_event_timestamp', half_timeout) }} as time_slot
    from {{ ref('int_user_pings') }}
    where
        {{ time_slot('first_event_timestamp', half_timeout) }}
        = {{ time_slot('last_event_timestamp', half_timeout) }}

),

other_pairs as (

    select
        user_key,
        ping_key
    from {{ ref('int_user_pings') }}
    where
        {{ time_slot('first_event_timestamp', half_timeout) }}
        < {{ time_slot('last_event_timestamp', half_timeout) }}

),

pair_events as (

    select
        user_key,
        ping_key,
        {{ time_slot('event_timestamp', half_timeout) }} as time_slot
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

-- Nearly all pairs have all their events in one slot, and so in one session; of the others, each
-- event is looked at.
pings_of_one_slot as (

    select
        numbered.user_key,
        numbered.session_number,
        count(*) as n_pings
    from one_slot_pairs
    inner join numbered
        on
            one_slot_pairs.user_key = numbered.user_key
            and one_slot_pairs.time_slot = numbered.time_slot
    group by numbered.user_key, numbered.session_number

),

other_slots as (

    select distinct
        pair_events.user_key,
        pair_events.ping_key,
        pair_events.time_slot
    from pair_events
    inner join other_pairs
        on
            pair_events.user_key = other_pairs.user_key
            and pair_events.ping_key = other_pairs.ping_key

),

pings_of_more_slots as (

    select
        numbered.user_key,
        numbered.session_number,
        count(distinct other_slots.ping_key) as n_pings
    from other_slots
    inner join numbered
        on
            other_slots.user_key = numbered.user_key
            and other_slots.time_slot = numbered.time_slot
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
        coalesce(pings_of_one_slot.n_pings, 0) + coalesce(pings_of_more_slots.n_pings, 0) as n_pings
    from session_spans
    left join pings_of_one_slot
        on
            session_spans.user_key = pings_of_one_slot.user_key
            and session_spans.session_number = pings_of_one_slot.session_number
    left join pings_of_more_slots
        on
            session_spans.user_key = pings_of_more_slots.user_key
            and session_spans.session_number = pings_of_more_slots.session_number
    inner join users on session_spans.user_key = users.user_key

)

select * from final
