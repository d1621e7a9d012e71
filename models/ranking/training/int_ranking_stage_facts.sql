with

gbdt as (

    select * from {{ ref('int_ranking_gbdt') }}

),

neural as (

    select * from {{ ref('int_ranking_neural') }}

),

final as (

    select * from gbdt
    union all
    select * from neural

)

select * from final
