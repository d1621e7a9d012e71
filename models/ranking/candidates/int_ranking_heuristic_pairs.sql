-- What the heuristic's list of a cutoff can hold, found as in the exact Top-K: the best unseen
-- pings by base score, of the user's categories and of the cells (one creator, one category) of the
-- user's creators. Blocked pings make a user's look as much deeper, up to ranking_source_pings, and
-- are left out.
with

first_pings as (

    select * from {{ ref('int_ranking_heuristic_first') }}

),

category_pings as (

    select * from {{ ref('int_ranking_heuristic_categories') }}

),

creator_pings as (

    select * from {{ ref('int_ranking_heuristic_creators') }}

),

user_blocks as (

    select * from {{ ref('int_user_blocks') }}

),

block_pings as (

    select * from {{ ref('int_block_pings') }}

),

pairs as (

    select * from first_pings
    union
    select * from category_pings
    union
    select * from creator_pings

),

blocked as (

    {{ blocked_pairs('pairs') | trim }}

),

final as (

    select pairs.*
    from pairs
    left join blocked
        on
            pairs.user_key = blocked.user_key
            and pairs.ping_key = blocked.ping_key
    where blocked.ping_key is null

)

select * from final
