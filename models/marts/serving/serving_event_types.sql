{{ config(tags=['hourly']) }}

with

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

final as (

    select
        event_type,
        {{ plain_event_type('event_type') }} as plain_event_type
    from event_weights

)

select * from final
