with

history as (

    select * from {{ ref('int_ranking_history') }}

),

offered as (

    select
        cutoff_key,
        user_key,
        ping_key,
        score
    from {{ ref('int_ranking_two_tower') }}
    where kind is null

),

final as (

    {{ source_lists('two_tower', 'offered', 'history', 'offered.score desc') | trim }}

)

select * from final
