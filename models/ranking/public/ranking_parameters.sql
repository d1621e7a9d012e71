with

facts as (

    select * from {{ ref('int_ranking_stage_facts') }}
    where kind = 'parameter'

),

final as (

    select
        stage,
        name as parameter,
        content as setting
    from facts

)

select * from final
