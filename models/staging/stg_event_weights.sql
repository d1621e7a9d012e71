with

event_weights as (

    select * from {{ ref('event_weights') }}

),

final as (

    select
        {{ clean_text('event_type') }} as event_type,
        {{ safe_double('weight') }} as weight,
        {{ clean_text('weight_basis') }} as weight_basis,
        coalesce({{ safe_double('relevance_grade') }}, 0) as relevance_grade
    from event_weights

)

select * from final
