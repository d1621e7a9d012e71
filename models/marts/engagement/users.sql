with

users as (

    select * from {{ ref('int_users') }}
    where is_registered

),

final as (

    select
        user_id,
        country,
        signup_date,
        age,
        cohort = 'new' as is_new,
        region,
        blocklist
    from users

)

select * from final
