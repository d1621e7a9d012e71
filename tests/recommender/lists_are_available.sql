-- No list of any strategy holds a ping that is restricted to other regions than the user's, or one
-- of a creator or category that the user has blocked, whatever their case.
with

lists as (

    select
        'recommendations' as strategy,
        user_id,
        ping_id
    from {{ ref('recommendations') }}
    union all
    select
        strategy,
        user_id,
        ping_id
    from {{ ref('strategy_lists') }}

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('pings') }}

),

-- an id that holds the separator is in no list
matched as (

    select
        lists.strategy,
        lists.user_id,
        lists.ping_id,
        pings.region_restriction is not null
        and not coalesce(
            position(
                '|' || lower(users.region) || '|' in '|' || lower(pings.region_restriction) || '|'
            ) > 0,
            false
        ) as is_elsewhere,
        coalesce(
            position('|' || lower(pings.creator_id) || '|' in '|' || lower(users.blocklist) || '|')
            > 0
            and position('|' in pings.creator_id) = 0,
            false
        ) as is_of_blocked_creator,
        coalesce(
            position('|' || lower(pings.category) || '|' in '|' || lower(users.blocklist) || '|')
            > 0
            and position('|' in pings.category) = 0,
            false
        ) as is_of_blocked_category
    from lists
    inner join users on lists.user_id = users.user_id
    inner join pings on lists.ping_id = pings.ping_id
    where
        pings.region_restriction is not null
        or users.blocklist is not null

)

select * from matched
where
    is_elsewhere
    or is_of_blocked_creator
    or is_of_blocked_category
