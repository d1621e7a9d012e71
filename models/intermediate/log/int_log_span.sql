with

events as (

    select * from {{ ref('int_events') }}

),

final as (

    select
        min(event_timestamp) as first_event_timestamp,
        max(event_timestamp) as newest_event_timestamp
    from events

)

select * from final
