-- A row with a missing id or an unknown event type finds no key and is dropped by the joins.
{{ config(partition_by=partitioned_by_date()) }}

with

interactions as (

    select * from {{ ref('stg_interactions') }}
    where is_accepted_if_known

),

hashes_set_aside as (

    select event_hash from {{ ref('int_log_index') }}
    where event_hash is not null

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

user_keys as (

    select * from {{ ref('int_user_keys') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

measured as (

    select
        interactions.event_id,
        user_keys.user_key,
        pings.ping_key,
        event_weights.event_type_key,
        interactions.event_timestamp,
        interactions.watch_time_sec,
        interactions.is_watch_time_sec_nulled,
        {{ watch_time_ratio(
            'event_weights.event_type', 'interactions.watch_time_sec', 'pings.duration_sec'
        ) }} as watch_time_ratio,
        event_weights.weight,
        event_weights.weight_basis,
        hashes_set_aside.event_hash is not null as may_be_repeated
    from interactions
    inner join user_keys on interactions.user_id = user_keys.user_id
    inner join pings on interactions.ping_id = pings.ping_id
    inner join event_weights on interactions.event_type = event_weights.event_type
    left join hashes_set_aside on interactions.event_hash = hashes_set_aside.event_hash

),

final as (

    select
        event_id,
        user_key,
        ping_key,
        event_type_key,
        event_timestamp,
        {%- if event_date_column('event_timestamp') %}
        {{ event_date_column('event_timestamp') }},
        {%- endif %}
        watch_time_sec,
        is_watch_time_sec_nulled,
        watch_time_ratio,
        {{ event_score('weight', 'weight_basis', 'watch_time_ratio') }} as event_score,
        may_be_repeated
    from measured

)

select * from final
