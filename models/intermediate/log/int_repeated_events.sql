with

interactions as (

    select
        interactions.*,
        event_weights.event_type
    from {{ ref('int_interactions_keyed') }} as interactions
    inner join {{ ref('stg_event_weights') }} as event_weights
        on interactions.event_type_key = event_weights.event_type_key
    where interactions.may_be_repeated

),

numbered as (

    select
        *,
        {{ copy_number('user_key', 'ping_key') }} as copy_number
    from interactions

),

final as (

    select
        event_id,
        user_key,
        ping_key,
        event_type_key,
        event_timestamp,
        watch_time_sec,
        watch_time_ratio,
        event_score
    from numbered
    where copy_number = 1

)

select * from final
