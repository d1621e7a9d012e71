with

event_weights as (

    select * from {{ ref('event_weights') }}

),

typed as (

    select
        {{ clean_text('event_type') }} as event_type,
        {{ safe_double('weight') }} as weight,
        {{ clean_text('weight_basis') }} as weight_basis,
        coalesce({{ safe_double('relevance_grade') }}, 0) as relevance_grade
    from event_weights

),

-- keys follow the order of the names, so that a tie by key is a tie by name
final as (

    select
        event_type,
        cast(
            row_number() over (order by {{ in_byte_order('event_type') }}) as integer
        ) as event_type_key,
        event_type = 'impression' as is_impression,
        event_type = 'view' as is_view,
        event_type in ('view', 'like', 'comment', 'share') as is_engagement,
        weight,
        weight_basis,
        relevance_grade
    from typed

)

select * from final
