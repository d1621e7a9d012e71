{{ config(materialized='view') }}

with

lists as (

    select * from {{ ref('int_heuristic_lists') }}
    where cutoff_key = 0

),

final as (

    select * from lists

)

select * from final
