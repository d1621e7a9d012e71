with

facts as (

    select * from {{ ref('int_ranking_stage_facts') }}
    where kind in ('metric_training', 'metric_validation')

),

final as (

    select
        stage,
        case when kind = 'metric_training' then 'training' else 'validation' end as slice,
        name as metric,
        value
    from facts

)

select * from final
