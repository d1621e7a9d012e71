with

interactions as (

    select * from {{ ref('stg_interactions') }}

),

final as (

    select event_hash
    from interactions
    group by event_hash
    having
        count(*) filter (where is_accepted) > 1
        or count(*) filter (where not is_accepted) > 0

)

select * from final
