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

user_keys as (

    {{ numbered_keys('user_ids', 'user_id', 'user_key') | trim }}

),

newest as (

    select max(signup_date) as newest_signup_date from users

),

final as (

    select
        user_keys.user_id,
        users.country,
        users.signup_date,
        users.age,
        users.region,
        users.blocklist,
        users.user_id is not null as is_registered,
        case
            when users.user_id is null then 'unknown'
            when {{ is_new_by(
                'users.signup_date', 'newest.newest_signup_date', var('new_user_days')
            ) }} then 'new'
            else 'existing'
        end as cohort,
        user_keys.user_key
    from user_keys
    left join users on user_keys.user_id = users.user_id
    cross join newest

)

select * from final
