-- A view: nearly all impressions are told by their pair, and need no second copy on disk.
{{ config(materialized='view') }}

with

pairs as (

    select * from {{ ref('int_user_pings') }}
    where
        n_impressions > 0
        and {{ is_plainly_followed() }}

),

twice_impressed_pairs as (

    select * from {{ ref('int_user_pings') }}
    where
        n_impressions = 2
        and {{ is_plainly_followed() }}

),

searched_impressions as (

    select * from {{ ref('int_searched_impressions') }}

),

users as (

    select * from {{ ref('int_users') }}

),

impressions as (

    select
        user_key,
        ping_key,
        first_impression_timestamp as event_timestamp,
        first_engagement_timestamp as next_engagement_timestamp,
        first_view_timestamp as next_view_timestamp
    from pairs
    union all
    select
        user_key,
        ping_key,
        last_impression_timestamp as event_timestamp,
        first_engagement_timestamp as next_engagement_timestamp,
        first_view_timestamp as next_view_timestamp
    from twice_impressed_pairs
    union all
    select
        user_key,
        ping_key,
        event_timestamp,
        next_engagement_timestamp,
        next_view_timestamp
    from searched_impressions

),

final as (

    select
        users.cohort,
        impressions.user_key,
        impressions.ping_key,
        impressions.event_timestamp,
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
