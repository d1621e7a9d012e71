-- Why a ping may be kept from a user: it is restricted to regions without the user's, or an entry
-- of the user's blocklist names its creator or category. Many users share a restriction, so that
-- nothing here is as large as users × pings.
with

pings as (

    select * from {{ ref('int_pings') }}
    where is_in_catalogue

),

ping_regions as (

    select * from {{ ref('int_ping_regions') }}

),

users as (

    select * from {{ ref('int_users') }}

),

region_pings as (

    select distinct ping_key from ping_regions

),

-- users without a region, or with one that no restriction names, have the empty one
regions as (

    select distinct ping_regions.region
    from ping_regions
    inner join users on ping_regions.region = lower(users.region)
    union all
    select '' as region

),

listed as (

    {{ split_items('users', 'user_key', 'lower(blocklist)') | trim }}

),

entries as (

    select distinct item from listed

),

restrictions as (

    select
        'region' as restriction_type,
        regions.region as restriction_value,
        region_pings.ping_key
    from regions
    cross join region_pings
    left join ping_regions
        on
            region_pings.ping_key = ping_regions.ping_key
            and regions.region = ping_regions.region
    where ping_regions.ping_key is null
    union all
    select
        'entry' as restriction_type,
        entries.item as restriction_value,
        pings.ping_key
    from entries
    inner join pings on entries.item = lower(pings.creator_id)
    union all
    select
        'entry' as restriction_type,
        entries.item as restriction_value,
        pings.ping_key
    from entries
    inner join pings on entries.item = lower(pings.category)
    where coalesce(lower(pings.creator_id) <> lower(pings.category), true)

),

final as (

    select
        cast(
            dense_rank() over (order by restriction_type, restriction_value) as integer
        ) as restriction_key,
        restriction_type,
        restriction_value,
        ping_key
    from restrictions

)

select * from final
