with

events as (

    select
        user_key,
        ping_key,
        event_type,
        event_timestamp
    from {{ ref('int_events') }}
    where event_type in ('impression', 'view', 'like', 'comment', 'share')

),

users as (

    select * from {{ ref('int_users') }}

),

-- "at or after": a range frame begins with all events of the current timestamp, whatever their
-- order
followed as (

    select
        user_key,
        event_type,
        event_timestamp,
        min(case when event_type <> 'impression' then event_timestamp end) over (
            partition by user_key, ping_key
            order by event_timestamp
            range between current row and unbounded following
        ) as next_engagement_timestamp,
        min(case when event_type = 'view' then event_timestamp end) over (
            partition by user_key, ping_key
            order by event_timestamp
            range between current row and unbounded following
        ) as next_view_timestamp
    from events

),

final as (

    select
        users.cohort,
        followed.event_timestamp,
        {{ elapsed_seconds('followed.event_timestamp', 'followed.next_engagement_timestamp') }}
            as seconds_to_first_engagement,
        coalesce(
            {{ elapsed_seconds('followed.event_timestamp', 'followed.next_view_timestamp') }}
            <= 86400,
            false
        ) as has_view_within_24h
    from followed
    inner join users on followed.user_key = users.user_key
    where followed.event_type = 'impression'

)

select * from final
