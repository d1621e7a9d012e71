-- Who has an event but signs up later is known without a sign-up, as in a rewound warehouse; who is
-- in the log alone is known from the first event on.
with

users as (

    select
        user_key,
        is_registered,
        {{ time_bin('cast(signup_date as timestamp)', 3600) }} as signup_hour
    from {{ ref('int_users') }}

),

cutoffs as (

    select * from {{ ref('int_ranking_cutoffs') }}

),

active_users as (

    select distinct
        cutoff_key,
        user_key
    from {{ ref('int_ranking_history') }}

),

final as (

    select
        cutoffs.cutoff_key,
        users.user_key,
        case
            when cutoffs.is_serving or users.signup_hour < cutoffs.cutoff_hour
                then users.signup_hour
        end as signup_hour
    from users
    cross join cutoffs
    left join active_users
        on
            cutoffs.cutoff_key = active_users.cutoff_key
            and users.user_key = active_users.user_key
    where
        cutoffs.is_serving
        or coalesce(users.signup_hour < cutoffs.cutoff_hour, users.is_registered)
        or active_users.user_key is not null

)

select * from final
