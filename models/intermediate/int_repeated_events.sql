with

interactions as (

    select * from {{ ref('int_interactions_checked') }}
    where hash_set_aside is not null

),

numbered as (

    select
        *,
        {{ copy_number('user_key', 'ping_key', 'event_type_key') }} as copy_number
    from interactions

),

final as (

    select
        event_id,
        user_key,
        ping_key,
        event_type_key,
        is_impression,
        is_view,
        is_engagement,
        event_timestamp,
        watch_time_sec,
        watch_time_ratio,
        event_score
    from numbered
    where copy_number = 1

)

select * from final
