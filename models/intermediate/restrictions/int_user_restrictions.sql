with

users as (

    select * from {{ ref('int_users') }}

),

user_regions as (

    select * from {{ ref('int_user_regions') }}

),

restrictions as (

    select distinct
        restriction_key,
        restriction_type,
        restriction_value
    from {{ ref('int_restricted_pings') }}

),

listed as (

    {{ split_items('users', 'user_key', 'lower(blocklist)') | trim }}

),

user_values as (

    select
        user_key,
        'region' as restriction_type,
        region as restriction_value
    from user_regions
    union all
    select
        user_key,
        'entry' as restriction_type,
        item as restriction_value
    from listed

),

final as (

    select distinct
        user_values.user_key,
        restrictions.restriction_key
    from user_values
    inner join restrictions
        on
            user_values.restriction_type = restrictions.restriction_type
            and user_values.restriction_value = restrictions.restriction_value

)

select * from final
