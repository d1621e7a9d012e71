with

facts as (

    select * from {{ ref('int_ranking_stage_facts') }}
    where kind = 'status'

),

final as (

    select
        stage,
        name as status,
        content as explanation
    from facts

)

select * from final
