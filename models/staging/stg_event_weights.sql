with

event_weights as (

    select * from {{ ref('event_weights') }}

),

typed as (

    select
        {{ clean_text('event_type') }} as event_type,
        {{ safe_double('weight') }} as weight,
        {{ clean_text('weight_basis') }} as weight_basis,
        coalesce(lower({{ clean_text('is_engagement') }}) = 'true', false) as is_engagement,
        coalesce({{ safe_double('relevance_grade') }}, 0) as relevance_grade,
        {{ taken_back_type() }} as takes_back
    from event_weights

),

numbered as (

    select
        *,
        row_number() over (order by {{ in_byte_order('event_type') }}) as type_number
    from typed

),

final as (

    select
        event_type,
        cast(type_number as integer) as event_type_key,
        weight,
        weight_basis,
        is_engagement,
        relevance_grade,
        takes_back
    from numbered

)

select * from final
