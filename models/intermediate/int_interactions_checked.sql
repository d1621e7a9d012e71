with

interactions as (

    select * from {{ ref('stg_interactions') }}
    where outcome = 'accepted'

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

final as (

    select
        interactions.event_id,
        users.user_key,
        pings.ping_key,
        event_weights.event_type_key,
        interactions.event_timestamp,
        interactions.watch_time_sec,
        interactions.is_watch_time_sec_nulled,
        interactions.event_hash
    from interactions
    inner join users on interactions.user_id = users.user_id
    inner join pings on interactions.ping_id = pings.ping_id
    inner join event_weights on interactions.event_type = event_weights.event_type

)

select * from final
