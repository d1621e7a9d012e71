with

tree_users as (

    select * from {{ ref('int_ranking_tree_users') }}

),

user_ids as (

    select * from {{ ref('int_users') }}

),

users as (

    select * from {{ ref('int_ranking_users') }}
    where cutoff_key = 0

),

final as (

    select
        {{ ranking_user_columns() -}}
        user_ids.user_id
    from users
    inner join tree_users on users.user_key = tree_users.user_key
    inner join user_ids on users.user_key = user_ids.user_key

)

select * from final
