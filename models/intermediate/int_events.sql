with

checked_interactions as (

    select * from {{ ref('int_interactions_checked') }}

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
        user_key,
        ping_key,
        event_type_key,
        event_timestamp,
        watch_time_sec
    from checked_interactions
    where event_hash not in (select repeated_interactions.event_hash from repeated_interactions)
    union all
    select
        repeated_interactions.event_id,
        users.user_key,
        pings.ping_key,
        event_weights.event_type_key,
        repeated_interactions.event_timestamp,
        repeated_interactions.watch_time_sec
    from repeated_interactions
    inner join users on repeated_interactions.user_id = users.user_id
    inner join pings on repeated_interactions.ping_id = pings.ping_id
    inner join event_weights on repeated_interactions.event_type = event_weights.event_type
    where repeated_interactions.copy_number = 1

),

measured as (

    select
        unique_interactions.*,
        event_weights.event_type,
        event_weights.weight_basis,
        event_weights.weight,
        {{ watch_time_ratio(
            'event_weights.event_type',
            'unique_interactions.watch_time_sec',
            'pings.duration_sec'
        ) }} as watch_time_ratio
    from unique_interactions
    inner join pings on unique_interactions.ping_key = pings.ping_key
    inner join event_weights on unique_interactions.event_type_key = event_weights.event_type_key

),

final as (

    select
        event_id,
        user_key,
        ping_key,
        event_type,
        event_timestamp,
        watch_time_sec,
        watch_time_ratio,
        case
            when weight_basis = 'event' then weight
            else weight * coalesce(watch_time_ratio, 0)
        end as event_score
    from measured

)

select * from final
