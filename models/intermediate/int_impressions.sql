-- Nearly all pairs have one or two impressions and no engagement before the last of them: what came
-- next is then the first engagement of the pair, and needs no search. The events of the other pairs
-- are searched one by one.
{{ config(partition_by=partitioned_by_date()) }}
{%- set is_plain %}
    n_impressions <= 2
    and coalesce(last_impression_timestamp <= first_engagement_timestamp, true)
{%- endset %}

with

events as (

    select
        user_key,
        ping_key,
        is_impression,
        is_view,
        is_engagement,
        event_timestamp
    from {{ ref('int_events') }}

),

plain_pairs as (

    select * from {{ ref('int_user_pings') }}
    where n_impressions > 0 and {{ is_plain | trim }}

),

twice_impressed_pairs as (

    select * from {{ ref('int_user_pings') }}
    where n_impressions = 2 and {{ is_plain | trim }}

),

other_pairs as (

    select * from {{ ref('int_user_pings') }}
    where n_impressions > 0 and not ({{ is_plain | trim }})

),

users as (

    select * from {{ ref('int_users') }}

),

plain_impressions as (

    select
        user_key,
        ping_key,
        first_impression_timestamp as event_timestamp,
        first_engagement_timestamp as next_engagement_timestamp,
        first_view_timestamp as next_view_timestamp
    from plain_pairs
    union all
    select
        user_key,
        ping_key,
        last_impression_timestamp as event_timestamp,
        first_engagement_timestamp as next_engagement_timestamp,
        first_view_timestamp as next_view_timestamp
    from twice_impressed_pairs

),

other_events as (

    select
        events.user_key,
        events.ping_key,
        events.is_impression,
        events.is_view,
        events.is_engagement,
        events.event_timestamp
    from events
    inner join other_pairs
        on
            events.user_key = other_pairs.user_key
            and events.ping_key = other_pairs.ping_key

),

-- "at or after": a range frame begins with all events of the current timestamp, whatever their
-- order
followed as (

    select
        user_key,
        ping_key,
        is_impression,
        event_timestamp,
        min(case when is_engagement then event_timestamp end) over (
            partition by user_key, ping_key
            order by event_timestamp
            range between current row and unbounded following
        ) as next_engagement_timestamp,
        min(case when is_view then event_timestamp end) over (
            partition by user_key, ping_key
            order by event_timestamp
            range between current row and unbounded following
        ) as next_view_timestamp
    from other_events

),

impressions as (

    select
        user_key,
        ping_key,
        event_timestamp,
        next_engagement_timestamp,
        next_view_timestamp
    from plain_impressions
    union all
    select
        user_key,
        ping_key,
        event_timestamp,
        next_engagement_timestamp,
        next_view_timestamp
    from followed
    where is_impression

),

final as (

    select
        users.cohort,
        impressions.ping_key,
        impressions.event_timestamp,
        {%- if event_date_column('impressions.event_timestamp') %}
        {{ event_date_column('impressions.event_timestamp') }},
        {%- endif %}
        {{ elapsed_seconds(
            'impressions.event_timestamp', 'impressions.next_engagement_timestamp'
        ) }} as seconds_to_first_engagement,
        coalesce(
            {{ elapsed_seconds('impressions.event_timestamp', 'impressions.next_view_timestamp') }}
            <= 86400,
            false
        ) as has_view_within_24h
    from impressions
    inner join users on impressions.user_key = users.user_key

)

select * from final
