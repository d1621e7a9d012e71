-- The few pairs whose first and last timestamps do not tell what follows each impression: their
-- events are searched one by one.
{{ config(partition_by=partitioned_by_date()) }}

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

searched_pairs as (

    select
        user_key,
        ping_key
    from {{ ref('int_user_pings') }}
    where
        n_impressions > 0
        and not {{ is_plainly_followed() }}

),

searched_events as (

    select events.*
    from events
    inner join searched_pairs
        on
            events.user_key = searched_pairs.user_key
            and events.ping_key = searched_pairs.ping_key

),

-- "at or after": a range frame ends with all events of the current timestamp, whatever their order.
-- From the last event back, since Spark takes quadratic time for a frame up to the last one
followed as (

    select
        user_key,
        ping_key,
        is_impression,
        event_timestamp,
        min(case when is_engagement then event_timestamp end) over (
            partition by user_key, ping_key
            order by event_timestamp desc
            range between unbounded preceding and current row
        ) as next_engagement_timestamp,
        min(case when is_view then event_timestamp end) over (
            partition by user_key, ping_key
            order by event_timestamp desc
            range between unbounded preceding and current row
        ) as next_view_timestamp
    from searched_events

),

final as (

    select
        user_key,
        ping_key,
        event_timestamp,
        {%- if event_date_column('event_timestamp') %}
        {{ event_date_column('event_timestamp') }},
        {%- endif %}
        next_engagement_timestamp,
        next_view_timestamp
    from followed
    where is_impression

)

select * from final
