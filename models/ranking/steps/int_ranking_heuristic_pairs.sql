-- What the heuristic's list of a cutoff can hold: as in the exact Top-K, the best unseen pings
-- overall, of the user's categories and of the user's creators. Blocked pings make a user's look as
-- much deeper, up to ranking_source_pings, and are left out.
with

lists as (

    select * from {{ ref('int_ranking_lists') }}

),

users as (

    select * from {{ ref('int_ranking_users') }}

),

user_categories as (

    select * from {{ ref('int_ranking_user_categories') }}

),

user_creators as (

    select * from {{ ref('int_ranking_user_creators') }}

),

orderings as (

    select * from {{ ref('int_ranking_orderings') }}

),

{{ blocked_totals() | trim }},

listed_users as (

    select
        users.cutoff_key,
        users.user_key,
        users.n_pings,
        {{ var('top_k') }}
        + least(coalesce(blocked_totals.n_blocked, 0), {{ var('ranking_source_pings') }})
            as list_depth
    from users
    inner join lists
        on
            users.cutoff_key = lists.cutoff_key
            and users.user_key = lists.user_key
    left join blocked_totals on users.user_key = blocked_totals.user_key

),

pairs as (

    select
        listed_users.cutoff_key,
        listed_users.user_key,
        orderings.ping_key
    from listed_users
    inner join orderings on listed_users.cutoff_key = orderings.cutoff_key
    where orderings.base_rank <= listed_users.list_depth + listed_users.n_pings
    union
    select
        user_categories.cutoff_key,
        user_categories.user_key,
        orderings.ping_key
    from user_categories
    inner join listed_users
        on
            user_categories.cutoff_key = listed_users.cutoff_key
            and user_categories.user_key = listed_users.user_key
    inner join orderings
        on
            user_categories.cutoff_key = orderings.cutoff_key
            and user_categories.category_key = orderings.category_key
    where orderings.category_base_rank <= listed_users.list_depth + user_categories.n_pings
    union
    select
        user_creators.cutoff_key,
        user_creators.user_key,
        orderings.ping_key
    from user_creators
    inner join listed_users
        on
            user_creators.cutoff_key = listed_users.cutoff_key
            and user_creators.user_key = listed_users.user_key
    inner join orderings
        on
            user_creators.cutoff_key = orderings.cutoff_key
            and user_creators.creator_key = orderings.creator_key
    where orderings.creator_base_rank <= listed_users.list_depth + user_creators.n_pings

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
