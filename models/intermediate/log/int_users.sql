with

user_keys as (

    select * from {{ ref('int_user_keys') }}

),

signup_bound as (
    {{ date_bound('signup_date') }}
),

users as (

    select
        users.user_id,
        users.country,
        case
            when not {{ is_of_the_future('users.signup_date') }} then users.signup_date
        end as signup_date,
        users.age,
        users.region,
        users.blocklist
    from {{ ref('stg_users') }} as users
    cross join signup_bound as date_bound
    where users.outcome = 'accepted'

),

active_users as (

    select distinct user_key from {{ ref('int_events') }}

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
                'users.signup_date', 'newest.newest_signup_date', var('new_user_days') | int
            ) }} then 'new'
            else 'existing'
        end as cohort,
        user_keys.user_key
    from user_keys
    left join users on user_keys.user_id = users.user_id
    left join active_users on user_keys.user_key = active_users.user_key
    cross join newest
    where
        users.user_id is not null
        or active_users.user_key is not null

)

select * from final
