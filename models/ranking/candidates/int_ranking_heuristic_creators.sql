-- Pings that can be in the heuristic's list of a cutoff because of their creator (and perhaps their
-- category too): as in int_candidates_creator, creators, then blocks of a cell (one creator, one
-- category) are dropped whose best ping cannot reach the threshold.
with

lists as (

    select * from {{ ref('int_ranking_heuristic_thresholds') }}

),

user_categories as (

    select * from {{ ref('int_ranking_user_categories') }}

),

user_creators as (

    select * from {{ ref('int_ranking_user_creators') }}

),

orderings as (

    select
        *,
        {{ rank_block('cell_base_rank') }} as cell_block
    from {{ ref('int_ranking_orderings') }}

),

creators as (

    select
        cutoff_key,
        creator_key,
        max(base_score) as best_base_score
    from orderings
    group by cutoff_key, creator_key

),

cell_blocks as (

    select
        cutoff_key,
        creator_key,
        category_key,
        cell_block,
        min(cell_base_rank) as first_rank,
        max(base_score) as best_base_score
    from orderings
    group by cutoff_key, creator_key, category_key, cell_block

),

listed_creators as (

    select
        lists.cutoff_key,
        lists.user_key,
        lists.n_log_events,
        lists.threshold,
        lists.best_category_part,
        user_creators.creator_key,
        {{ affinity_part('creator', 'user_creators.n_events', 'lists.n_log_events') }}
            as creator_part,
        lists.list_depth + user_creators.n_pings as depth
    from user_creators
    inner join lists
        on
            user_creators.cutoff_key = lists.cutoff_key
            and user_creators.user_key = lists.user_key

),

open_creators as (

    select listed_creators.*
    from listed_creators
    inner join creators
        on
            listed_creators.cutoff_key = creators.cutoff_key
            and listed_creators.creator_key = creators.creator_key
    where
        {{ heuristic_score(
            'creators.best_base_score',
            'listed_creators.best_category_part',
            'listed_creators.creator_part'
        ) }} >= listed_creators.threshold

),

open_cells as (

    select
        open_creators.cutoff_key,
        open_creators.user_key,
        open_creators.creator_key,
        open_creators.creator_part,
        open_creators.depth,
        open_creators.threshold,
        cell_blocks.category_key,
        cell_blocks.cell_block,
        coalesce({{ affinity_part(
            'category', 'user_categories.n_events', 'open_creators.n_log_events'
        ) }}, 0) as category_part
    from open_creators
    inner join cell_blocks
        on
            open_creators.cutoff_key = cell_blocks.cutoff_key
            and open_creators.creator_key = cell_blocks.creator_key
    left join user_categories
        on
            open_creators.cutoff_key = user_categories.cutoff_key
            and open_creators.user_key = user_categories.user_key
            and cell_blocks.category_key = user_categories.category_key
    where
        cell_blocks.first_rank <= open_creators.depth
        -- implied by the next condition, but known before the user's categories are looked up
        and {{ heuristic_score(
            'cell_blocks.best_base_score',
            'open_creators.best_category_part',
            'open_creators.creator_part'
        ) }} >= open_creators.threshold
        and {{ heuristic_score(
            'cell_blocks.best_base_score',
            affinity_part('category', 'user_categories.n_events', 'open_creators.n_log_events'),
            'open_creators.creator_part'
        ) }} >= open_creators.threshold

),

final as (

    select
        open_cells.cutoff_key,
        open_cells.user_key,
        orderings.ping_key
    from open_cells
    inner join orderings
        on
            open_cells.cutoff_key = orderings.cutoff_key
            and open_cells.creator_key = orderings.creator_key
            and open_cells.category_key = orderings.category_key
            and open_cells.cell_block = orderings.cell_block
    where
        orderings.cell_base_rank <= open_cells.depth
        and {{ heuristic_score(
            'orderings.base_score', 'open_cells.category_part', 'open_cells.creator_part'
        ) }} >= open_cells.threshold

)

select * from final
