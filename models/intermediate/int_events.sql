with

checked_interactions as (

    select * from {{ ref('int_interactions_checked') }}
    where outcome = 'accepted'

),

repeated_interactions as (

    select * from {{ ref('int_repeated_interactions') }}
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

unique_interactions as (

    select
        event_id,
        user_id,
        ping_id,
        event_type,
        event_timestamp,
        watch_time_sec
    from checked_interactions
    where event_hash not in (select repeated_interactions.event_hash from repeated_interactions)
    union all
    select
        event_id,
        user_id,
        ping_id,
        event_type,
        event_timestamp,
        watch_time_sec
    from repeated_interactions
    where copy_number = 1

),

keyed as (

    select
        unique_interactions.event_id,
        users.user_key,
        pings.ping_key,
        unique_interactions.event_type,
        unique_interactions.event_timestamp,
        unique_interactions.watch_time_sec,
        {{ watch_time_ratio(
            'unique_interactions.event_type', 'unique_interactions.watch_time_sec', 'pings.duration_sec'
        ) }} as watch_time_ratio
    from unique_interactions
    inner join users on unique_interactions.user_id = users.user_id
    inner join pings on unique_interactions.ping_id = pings.ping_id

),

final as (

    select
        keyed.*,
        case
            when event_weights.weight_basis = 'event' then event_weights.weight
            else event_weights.weight * coalesce(keyed.watch_time_ratio, 0)
        end as event_score
    from keyed
    inner join event_weights on keyed.event_type = event_weights.event_type

)

select * from final
