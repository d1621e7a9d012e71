-- Pings that can only be in a user's list because of their category. In a category the user has
-- touched, the K best unseen pings by base score are among the first K + (seen pings of the
-- category) + (blocked ones), and only those count that reach the user's threshold with the
-- category part. Blocks of ranks let both bounds cut by equality joins.
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

category_blocks as (

    select
        category_key,
        category_block,
        min(category_rank) as first_rank,
        max(base_score) as best_base_score
    from ping_ranks
    group by category_key, category_block

),

open_blocks as (

    select
        category_affinities.user_key,
        category_affinities.category_key,
        category_affinities.affinity_part,
        {{ var('top_k') }} + category_affinities.n_seen_pings
        + coalesce(blocked_counts.n_blocked, 0) as depth,
        thresholds.threshold,
        category_blocks.category_block
    from category_affinities
    inner join thresholds on category_affinities.user_key = thresholds.user_key
    inner join category_blocks on category_affinities.category_key = category_blocks.category_key
    left join blocked_counts
        on
            category_affinities.user_key = blocked_counts.user_key
            and category_affinities.category_key = blocked_counts.category_key
    where
        category_blocks.first_rank
        <= {{ var('top_k') }} + category_affinities.n_seen_pings
        + coalesce(blocked_counts.n_blocked, 0)
        and {{ heuristic_score(
            'category_blocks.best_base_score', 'category_affinities.affinity_part', '0'
        ) }} >= thresholds.threshold

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
