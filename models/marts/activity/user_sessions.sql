{%- set half_timeout = var('session_timeout_minutes') * 30 %}

with

slots as (

    select * from {{ ref('int_user_slots') }}

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

session_spans as (

    select
        user_key,
        session_number,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        cast(sum(n_events) as bigint) as n_events
    from slots
    group by user_key, session_number

),

-- Nearly all pairs have all their events in one slot, and so in one session; of the others, each
-- event is looked at.
pings_of_one_slot as (

    select
        slots.user_key,
        slots.session_number,
        count(*) as n_pings
    from one_slot_pairs
    inner join slots
        on
            one_slot_pairs.user_key = slots.user_key
            and one_slot_pairs.time_slot = slots.time_slot
    group by slots.user_key, slots.session_number

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
        slots.user_key,
        slots.session_number,
        count(distinct other_slots.ping_key) as n_pings
    from other_slots
    inner join slots
        on
            other_slots.user_key = slots.user_key
            and other_slots.time_slot = slots.time_slot
    group by slots.user_key, slots.session_number

),

final as (

    select
        users.user_id,
        session_spans.session_number,
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
