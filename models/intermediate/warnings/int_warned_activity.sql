with

user_days as (

    select * from {{ ref('int_user_days') }}

),

users as (

    select * from {{ ref('int_users') }}

),

log_columns as (

    select
        event_timestamp,
        loaded_at
    from (
        {{ accepted_rows('interactions') }}
    ) as accepted_rows
    where loaded_at is not null
    union all
    select
        event_timestamp,
        loaded_at
    from (
        {{ accepted_rows('exposures') }}
    ) as accepted_rows
    where loaded_at is not null

),

user_events as (

    select
        user_key,
        sum(n_events) as n_events
    from user_days
    group by user_key

),

totals as (

    select
        sum(n_events) as n_all_events,
        max(n_events) as most_events
    from user_events

),

busy_users as (

    select
        totals.n_all_events,
        totals.most_events,
        min(users.user_id) as user_id
    from user_events
    inner join totals on user_events.n_events = totals.most_events
    inner join users on user_events.user_key = users.user_key
    group by totals.n_all_events, totals.most_events

),

early_arrivals as (

    select
        count(*) as n_events,
        count(case when event_timestamp > {{ add_days('loaded_at', 1) }} then 1 end) as n_early,
        max(case when event_timestamp > {{ add_days('loaded_at', 1) }} then event_timestamp end)
            as latest
    from log_columns

),

final as (

    select
        {{ warning_rows(
            "'one busy user'", "'interactions'", "'user_id'", 'most_events', 'n_all_events',
            "concat(chr(39), user_id, chr(39))"
        ) | trim }}
    from busy_users
    where
        n_all_events >= {{ var('warn_user_least_events') }}
        and most_events > {{ var('warn_user_event_share') }} * n_all_events
    union all
    select
        {{ warning_rows(
            "'dates after the arrival'", "'interactions'", "'event_timestamp'", 'n_early', 'n_events',
            'cast(latest as ' ~ dbt.type_string() ~ ')'
        ) | trim }}
    from early_arrivals
    where n_early > 0

)

select * from final
