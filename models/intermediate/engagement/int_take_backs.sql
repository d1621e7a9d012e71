-- What an event takes back depends on what was before it alone, so that at every moment the sum of
-- a pair is what it was then.
with

events as (

    select
        user_key,
        ping_key,
        event_type_key,
        event_timestamp
    from {{ ref('int_events') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

types as (

    select
        event_weights.event_type_key,
        taken_types.event_type_key as taken_type_key,
        taken_types.weight as taken_weight
    from event_weights
    inner join event_weights as taken_types
        on
            {{ plain_event_type('event_weights.takes_back') }}
            = {{ plain_event_type('taken_types.event_type') }}

),

take_backs as (

    select
        events.user_key,
        events.ping_key,
        types.taken_type_key,
        types.taken_weight,
        events.event_type_key,
        events.event_timestamp,
        count(*) as n_take_backs
    from events
    inner join types on events.event_type_key = types.event_type_key
    group by
        events.user_key,
        events.ping_key,
        types.taken_type_key,
        types.taken_weight,
        events.event_type_key,
        events.event_timestamp

),

pairs as (

    select distinct
        user_key,
        ping_key,
        taken_type_key
    from take_backs

),

steps as (

    select
        events.user_key,
        events.ping_key,
        events.event_type_key as taken_type_key,
        cast(null as {{ type_double() }}) as taken_weight,
        events.event_type_key,
        events.event_timestamp,
        0 as is_take_back,
        1 as n_taken,
        0 as n_take_backs
    from events
    inner join pairs
        on
            events.user_key = pairs.user_key
            and events.ping_key = pairs.ping_key
            and events.event_type_key = pairs.taken_type_key
    union all
    select
        user_key,
        ping_key,
        taken_type_key,
        taken_weight,
        event_type_key,
        event_timestamp,
        1 as is_take_back,
        0 as n_taken,
        n_take_backs
    from take_backs

),

-- of one moment, what is taken back comes before what takes it back
counted as (

    select
        *,
        sum(n_taken) over (
            partition by user_key, ping_key, taken_type_key
            order by event_timestamp, is_take_back, event_type_key
            rows between unbounded preceding and current row
        ) as n_so_far
    from steps

),

compared as (

    select
        *,
        n_so_far - coalesce(
            lag(n_so_far) over (
                partition by user_key, ping_key, taken_type_key
                order by event_timestamp, event_type_key
            ),
            0
        ) as n_taken_back
    from counted
    where is_take_back = 1

),

-- where several events of one moment take back the same, each has its part
final as (

    select
        user_key,
        ping_key,
        event_type_key,
        event_timestamp,
        taken_type_key,
        0 - taken_weight * n_taken_back / n_take_backs as score
    from compared

)

select * from final
