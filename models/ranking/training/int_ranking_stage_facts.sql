with

gbdt as (

    select * from {{ ref('int_ranking_gbdt') }}

),

neural as (

    select * from {{ ref('int_ranking_neural') }}

),

classifier as (

    select * from {{ ref('int_ranking_classifier') }}

),

final as (

    select * from gbdt
    union all
    select * from neural
    union all
    select * from classifier

)

select * from final
