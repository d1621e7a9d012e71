-- The best pings of each list by base score that its user has neither seen nor blocked. How far
-- down the catalogue they reach is counted, not searched: see best_unseen_pings.
with

lists as (

    select * from {{ ref('int_ranking_heuristic_lists') }}

),

user_blocks as (

    select * from {{ ref('int_user_blocks') }}

),

block_pings as (

    select * from {{ ref('int_block_pings') }}

),

history as (

    select * from {{ ref('int_ranking_history') }}

),

orderings as (

    select
        *,
        {{ rank_block('base_rank') }} as rank_level
    from {{ ref('int_ranking_orderings') }}

),

-- rank_block of any rank is among these
level_numbers as (
    {{ number_rows(40) }}

),

seen_near_top as (

    select
        history.cutoff_key,
        history.user_key,
        orderings.base_rank,
        lists.list_depth,
        row_number() over (
            partition by history.cutoff_key, history.user_key order by orderings.base_rank
        ) as seen_number
    from history
    inner join lists
        on
            history.cutoff_key = lists.cutoff_key
            and history.user_key = lists.user_key
    inner join orderings
        on
            history.cutoff_key = orderings.cutoff_key
            and history.ping_key = orderings.ping_key
    where orderings.base_rank <= lists.list_depth + lists.n_pings

),

seen_counts as (

    select
        cutoff_key,
        user_key,
        count(*) as n_seen
    from seen_near_top
    where base_rank - seen_number < list_depth
    group by cutoff_key, user_key

),

depths as (

    select
        lists.cutoff_key,
        lists.user_key,
        lists.list_depth + coalesce(seen_counts.n_seen, 0) as depth
    from lists
    left join seen_counts
        on
            lists.cutoff_key = seen_counts.cutoff_key
            and lists.user_key = seen_counts.user_key

),

near_top as (

    select
        depths.cutoff_key,
        depths.user_key,
        orderings.ping_key,
        orderings.base_rank
    from depths
    inner join level_numbers on {{ rank_block('depths.depth') }} >= level_numbers.n
    inner join orderings
        on
            depths.cutoff_key = orderings.cutoff_key
            and level_numbers.n = orderings.rank_level
    where depths.depth >= orderings.base_rank

),

blocked as (

    {{ blocked_pairs('near_top') | trim }}

),

ranked as (

    select
        near_top.cutoff_key,
        near_top.user_key,
        near_top.ping_key,
        row_number() over (
            partition by near_top.cutoff_key, near_top.user_key order by near_top.base_rank
        ) as first_rank
    from near_top
    left join history
        on
            near_top.cutoff_key = history.cutoff_key
            and near_top.user_key = history.user_key
            and near_top.ping_key = history.ping_key
    left join blocked
        on
            near_top.user_key = blocked.user_key
            and near_top.ping_key = blocked.ping_key
    where
        history.ping_key is null
        and blocked.ping_key is null

),

final as (

    select
        cutoff_key,
        user_key,
        ping_key
    from ranked
    where first_rank <= {{ var('top_k') }}

)

select * from final
