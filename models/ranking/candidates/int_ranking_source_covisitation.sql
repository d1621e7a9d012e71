with

history as (

    select * from {{ ref('int_ranking_history') }}

),

offered as (

    select * from {{ ref('int_ranking_covisitation') }}

),

final as (

    {{ source_lists('covisitation', 'offered', 'history', 'offered.covisitation desc') | trim }}

)

select * from final
