-- Pings that can only be in a user's list because of their category. In a category the user has
-- touched, the K best unseen pings by base score are among the first K + (seen pings of the
-- category) + (blocked ones), and only those count that reach the user's threshold with the
-- category part. Categories, then blocks of ranks are dropped whose best ping cannot reach it.
with

thresholds as (

    select * from {{ ref('int_score_thresholds') }}

),

category_affinities as (

    select * from {{ ref('int_user_category_affinities') }}

),

ping_ranks as (

    select * from {{ ref('int_ping_ranks') }}

),

{{ blocked_counts('category_affinities', 'category_key') | trim }},

categories as (

    select
        category_key,
        max(base_score) as best_base_score
    from ping_ranks
    group by category_key

),

category_blocks as (

    select
        category_key,
        category_block,
        min(category_rank) as first_rank,
        max(base_score) as best_base_score
    from ping_ranks
    group by category_key, category_block

),

open_categories as (

    select
        category_affinities.user_key,
        category_affinities.category_key,
        category_affinities.affinity_part,
        {{ var('top_k') }} + category_affinities.n_seen_pings
        + coalesce(blocked_counts.n_blocked, 0) as depth,
        thresholds.threshold
    from category_affinities
    inner join thresholds on category_affinities.user_key = thresholds.user_key
    inner join categories on category_affinities.category_key = categories.category_key
    left join blocked_counts
        on
            category_affinities.user_key = blocked_counts.user_key
            and category_affinities.category_key = blocked_counts.category_key
    where
        {{ heuristic_score(
            'categories.best_base_score', 'category_affinities.affinity_part', '0'
        ) }} >= thresholds.threshold

),

open_blocks as (

    select
        open_categories.user_key,
        open_categories.category_key,
        open_categories.affinity_part,
        open_categories.depth,
        open_categories.threshold,
        category_blocks.category_block
    from open_categories
    inner join category_blocks on open_categories.category_key = category_blocks.category_key
    where
        category_blocks.first_rank <= open_categories.depth
        and {{ heuristic_score(
            'category_blocks.best_base_score', 'open_categories.affinity_part', '0'
        ) }} >= open_categories.threshold

),

final as (

    select
        open_blocks.user_key,
        ping_ranks.ping_key
    from open_blocks
    inner join ping_ranks
        on
            open_blocks.category_key = ping_ranks.category_key
            and open_blocks.category_block = ping_ranks.category_block
    where
        ping_ranks.category_rank <= open_blocks.depth
        and {{ heuristic_score(
            'ping_ranks.base_score', 'open_blocks.affinity_part', '0'
        ) }} >= open_blocks.threshold

)

select * from final
