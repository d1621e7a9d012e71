with

users as (

    select * from {{ ref('int_users') }}

),

named_regions as (

    select distinct region from {{ ref('int_ping_regions') }}

),

blocks as (

    select distinct
        block_key,
        block_type,
        block_value
    from {{ ref('int_block_pings') }}

),

listed as (

    {{ split_items('users', 'user_key', 'blocklist') | trim }}

),

user_values as (

    select
        users.user_key,
        'region' as block_type,
        coalesce(named_regions.region, '') as block_value
    from users
    left join named_regions on users.region = named_regions.region
    union all
    select
        user_key,
        'entry' as block_type,
        item as block_value
    from listed

),

final as (

    select
        user_values.user_key,
        blocks.block_key
    from user_values
    inner join blocks
        on
            user_values.block_type = blocks.block_type
            and user_values.block_value = blocks.block_value

)

select * from final
