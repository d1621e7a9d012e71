with

time_bins as (

    select * from {{ ref('int_user_time_bins') }}

),

one_bin_pairs as (

    select
        user_key,
        {{ session_time_bin('first_event_timestamp') }} as time_bin
    from {{ ref('int_user_pings') }}
    where
        {{ session_time_bin('first_event_timestamp') }}
        = {{ session_time_bin('last_event_timestamp') }}

),

other_pairs as (

    select
        user_key,
        ping_key
    from {{ ref('int_user_pings') }}
    where
        {{ session_time_bin('first_event_timestamp') }}
        < {{ session_time_bin('last_event_timestamp') }}

),

pair_events as (

    select
        user_key,
        ping_key,
        {{ session_time_bin('event_timestamp') }} as time_bin
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
    from time_bins
    group by user_key, session_number

),

-- Nearly all pairs have all their events in one bin, and so in one session; of the others, each
-- event is looked at.
pings_of_one_bin as (

    select
        time_bins.user_key,
        time_bins.session_number,
        count(*) as n_pings
    from one_bin_pairs
    inner join time_bins
        on
            one_bin_pairs.user_key = time_bins.user_key
            and one_bin_pairs.time_bin = time_bins.time_bin
    group by time_bins.user_key, time_bins.session_number

),

other_bins as (

    select distinct
        pair_events.user_key,
        pair_events.ping_key,
        pair_events.time_bin
    from pair_events
    inner join other_pairs
        on
            pair_events.user_key = other_pairs.user_key
            and pair_events.ping_key = other_pairs.ping_key

),

pings_of_more_bins as (

    select
        time_bins.user_key,
        time_bins.session_number,
        count(distinct other_bins.ping_key) as n_pings
    from other_bins
    inner join time_bins
        on
            other_bins.user_key = time_bins.user_key
            and other_bins.time_bin = time_bins.time_bin
    group by time_bins.user_key, time_bins.session_number

),

final as (

    select
        users.user_id,
        session_spans.session_number,
        session_spans.started_at,
        session_spans.ended_at,
        {{ elapsed_seconds('session_spans.started_at', 'session_spans.ended_at') }} as duration_sec,
        session_spans.n_events,
        coalesce(pings_of_one_bin.n_pings, 0) + coalesce(pings_of_more_bins.n_pings, 0) as n_pings
    from session_spans
    left join pings_of_one_bin
        on
            session_spans.user_key = pings_of_one_bin.user_key
            and session_spans.session_number = pings_of_one_bin.session_number
    left join pings_of_more_bins
        on
            session_spans.user_key = pings_of_more_bins.user_key
            and session_spans.session_number = pings_of_more_bins.session_number
    inner join users on session_spans.user_key = users.user_key

)

select * from final
