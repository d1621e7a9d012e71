with

events as (

    select * from {{ ref('int_events') }}

),

final as (

    select distinct
        user_key,
        cast(event_timestamp as date) as event_date
    from events

)

select * from final
