-- Pings that can only be in a user's list because of their creator (and perhaps their category
-- too). All pings of one creator in one category (a cell) get the same two affinity parts, so
-- within a cell the order by base score is the order by score. Creators, then cells, then blocks of
-- a cell are dropped whose best ping cannot reach the user's threshold.
with

thresholds as (

    select * from {{ ref('int_score_thresholds') }}

),

category_affinities as (

    select * from {{ ref('int_user_category_affinities') }}

),

creator_affinities as (

    select * from {{ ref('int_user_creator_affinities') }}

),

ping_ranks as (

    select * from {{ ref('int_ping_ranks') }}

),

{{ blocked_counts('creator_affinities', 'creator_key') | trim }},

creators as (

    select
        creator_key,
        max(base_score) as best_base_score
    from ping_ranks
    group by creator_key

),

cell_blocks as (

    select
        creator_key,
        category_key,
        cell_block,
        min(cell_rank) as first_rank,
        max(base_score) as best_base_score
    from ping_ranks
    group by creator_key, category_key, cell_block

),

open_creators as (

    select
        creator_affinities.user_key,
        creator_affinities.creator_key,
        creator_affinities.affinity_part,
        {{ var('top_k') }} + creator_affinities.n_seen_pings
        + coalesce(blocked_counts.n_blocked, 0) as depth,
        thresholds.best_category_part,
        thresholds.threshold
    from creator_affinities
    inner join thresholds on creator_affinities.user_key = thresholds.user_key
    inner join creators on creator_affinities.creator_key = creators.creator_key
    left join blocked_counts
        on
            creator_affinities.user_key = blocked_counts.user_key
            and creator_affinities.creator_key = blocked_counts.creator_key
    where
        {{ heuristic_score(
            'creators.best_base_score',
            'thresholds.best_category_part',
            'creator_affinities.affinity_part'
        ) }} >= thresholds.threshold

),

open_blocks as (

    select
        open_creators.user_key,
        open_creators.creator_key,
        open_creators.depth,
        open_creators.threshold,
        open_creators.affinity_part as creator_part,
        coalesce(category_affinities.affinity_part, 0) as category_part,
        cell_blocks.category_key,
        cell_blocks.cell_block
    from open_creators
    inner join cell_blocks on open_creators.creator_key = cell_blocks.creator_key
    left join category_affinities
        on
            open_creators.user_key = category_affinities.user_key
            and cell_blocks.category_key = category_affinities.category_key
    where
        cell_blocks.first_rank <= open_creators.depth
        -- implied by the next condition, but known before the category affinities are looked up
        and {{ heuristic_score(
            'cell_blocks.best_base_score',
            'open_creators.best_category_part',
            'open_creators.affinity_part'
        ) }} >= open_creators.threshold
        and {{ heuristic_score(
            'cell_blocks.best_base_score',
            'category_affinities.affinity_part',
            'open_creators.affinity_part'
        ) }} >= open_creators.threshold

),

final as (

    select
        open_blocks.user_key,
        ping_ranks.ping_key
    from open_blocks
    inner join ping_ranks
        on
            open_blocks.creator_key = ping_ranks.creator_key
            and open_blocks.category_key = ping_ranks.category_key
            and open_blocks.cell_block = ping_ranks.cell_block
    where
        ping_ranks.cell_rank <= open_blocks.depth
        and {{ heuristic_score(
            'ping_ranks.base_score', 'open_blocks.category_part', 'open_blocks.creator_part'
        ) }} >= open_blocks.threshold

)

select * from final
