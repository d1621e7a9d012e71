with

truth as (

    select * from {{ ref('int_ranking_truth') }}

),

users as (

    select * from {{ ref('int_users') }}

),

final as (

    select distinct
        cutoff_key,
        user_key
    from truth
    union all
    select
        cast(0 as integer) as cutoff_key,
        user_key
    from users

)

select * from final
