with

events as (

    select * from {{ ref('int_events') }}

),

users as (

    select * from {{ ref('int_users') }}

),

final as (

    select
        users.cohort,
        cast(events.event_timestamp as date) as event_date,
        count(*) as n_events,
        count(distinct events.user_key) as active_users,
        {{ event_counts('events') | trim }}
    from events
    inner join users on events.user_key = users.user_key
    group by users.cohort, cast(events.event_timestamp as date)

)

select * from final
