with

offered as (

    select * from {{ ref('int_ranking_covisitation') }}

),

{{ source_lists('covisitation', 'offered.covisitation desc') | trim }}

select * from final
