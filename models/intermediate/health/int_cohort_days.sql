-- Everything that can be added up over users and days is counted once, here.
with

events as (

    select * from {{ ref('int_scored_events') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

users as (

    select * from {{ ref('int_users') }}

),

log_span as (
    {{ log_span() }}
),

counted as (

    select
        users.cohort,
        cast(events.event_timestamp as date) as event_date,
        {{ days_before('events.event_timestamp', 'log_span.newest_event_timestamp') }}
            as days_before_newest,
        events.event_type_key,
        {{ is_watched_through('events.watch_time_ratio') }} as is_watched_through,
        count(*) as n_events
    from events
    inner join users on events.user_key = users.user_key
    cross join log_span
    group by
        users.cohort,
        cast(events.event_timestamp as date),
        {{ days_before('events.event_timestamp', 'log_span.newest_event_timestamp') }},
        events.event_type_key,
        {{ is_watched_through('events.watch_time_ratio') }}

),

final as (

    select
        counted.cohort,
        counted.event_date,
        counted.days_before_newest,
        cast(sum(counted.n_events) as bigint) as n_events,
        {{ event_counts('counted') | trim }}
    from counted
    inner join event_weights on counted.event_type_key = event_weights.event_type_key
    group by counted.cohort, counted.event_date, counted.days_before_newest

)

select * from final
