with

facts as (

    select * from {{ ref('int_ranking_stage_facts') }}
    where kind in ('gain', 'splits')

),

final as (

    select
        stage,
        name as feature,
        max(case when kind = 'gain' then value end) as gain,
        cast(max(case when kind = 'splits' then value end) as bigint) as n_splits
    from facts
    group by stage, name

)

select * from final
