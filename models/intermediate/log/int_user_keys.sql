with

users as (

    select * from {{ ref('stg_users') }}
    where outcome = 'accepted'

),

log_users as (

    select * from {{ ref('int_log_index') }}
    where user_id is not null

),

user_ids as (

    select user_id from users
    union
    select user_id from log_users

),

final as (

    {{ numbered_keys('user_ids', 'user_id', 'user_key') | trim }}

)

select * from final
