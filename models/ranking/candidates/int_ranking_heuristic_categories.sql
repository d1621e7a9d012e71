-- Pings that can be in the heuristic's list of a cutoff because of their category: as in
-- int_candidates_category, blocks of ranks are dropped whose best ping cannot reach the threshold.
with

lists as (

    select * from {{ ref('int_ranking_heuristic_thresholds') }}

),

user_categories as (

    select * from {{ ref('int_ranking_user_categories') }}

),

orderings as (

    select
        *,
        {{ rank_block('category_base_rank') }} as category_block
    from {{ ref('int_ranking_orderings') }}

),

category_blocks as (

    select
        cutoff_key,
        category_key,
        category_block,
        min(category_base_rank) as first_rank,
        max(base_score) as best_base_score
    from orderings
    group by cutoff_key, category_key, category_block

),

listed_categories as (

    select
        lists.cutoff_key,
        lists.user_key,
        lists.threshold,
        user_categories.category_key,
        {{ affinity_part('category', 'user_categories.n_events', 'lists.n_log_events') }}
            as category_part,
        lists.list_depth + user_categories.n_pings as depth
    from user_categories
    inner join lists
        on
            user_categories.cutoff_key = lists.cutoff_key
            and user_categories.user_key = lists.user_key

),

final as (

    select
        listed_categories.cutoff_key,
        listed_categories.user_key,
        orderings.ping_key
    from listed_categories
    inner join category_blocks
        on
            listed_categories.cutoff_key = category_blocks.cutoff_key
            and listed_categories.category_key = category_blocks.category_key
    inner join orderings
        on
            category_blocks.cutoff_key = orderings.cutoff_key
            and category_blocks.category_key = orderings.category_key
            and category_blocks.category_block = orderings.category_block
    where
        category_blocks.first_rank <= listed_categories.depth
        and {{ heuristic_score(
            'category_blocks.best_base_score', 'listed_categories.category_part', '0'
        ) }} >= listed_categories.threshold
        and orderings.category_base_rank <= listed_categories.depth
        and {{ heuristic_score(
            'orderings.base_score', 'listed_categories.category_part', '0'
        ) }} >= listed_categories.threshold

)

select * from final
