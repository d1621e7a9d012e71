{{ config(tags=['hourly']) }}

with

user_restrictions as (

    select * from {{ ref('int_user_restrictions') }}

),

entries as (

    select distinct
        restriction_key,
        restriction_value
    from {{ ref('int_restricted_pings') }}
    where restriction_type = 'entry'

),

users as (

    select * from {{ ref('int_users') }}

),

final as (

    select
        users.user_id,
        entries.restriction_value as entry
    from user_restrictions
    inner join entries on user_restrictions.restriction_key = entries.restriction_key
    inner join users on user_restrictions.user_key = users.user_key

)

select * from final
