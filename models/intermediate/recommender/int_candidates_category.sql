-- Pings that can only be in a user's list because of their category. In a category the user has
-- touched, the K best unseen pings by base score are among the first K + (seen pings of the
-- category) + (restricted ones), and only those count that reach the user's threshold with the
-- category part. Categories, then tiers of ranks are dropped whose best ping cannot reach it.
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

restricted_affinities as (

    select * from {{ ref('int_restricted_affinities') }}

),

categories as (

    select
        cutoff_key,
        category_key,
        max(base_score) as best_base_score
    from ping_ranks
    group by cutoff_key, category_key

),

category_tiers as (

    select
        cutoff_key,
        category_key,
        category_tier,
        min(category_rank) as first_rank,
        max(base_score) as best_base_score
    from ping_ranks
    group by cutoff_key, category_key, category_tier

),

open_categories as (

    select
        category_affinities.cutoff_key,
        category_affinities.user_key,
        category_affinities.category_key,
        category_affinities.affinity_part,
        {{ var('top_k') }} + category_affinities.n_seen_pings
        + coalesce(restricted_affinities.n_restricted_pings, 0) as depth,
        thresholds.threshold
    from category_affinities
    inner join thresholds
        on
            {{ same_cutoff('category_affinities', 'thresholds') }}
            and category_affinities.user_key = thresholds.user_key
    inner join categories
        on
            {{ same_cutoff('category_affinities', 'categories') }}
            and category_affinities.category_key = categories.category_key
    left join restricted_affinities
        on
            {{ same_cutoff('category_affinities', 'restricted_affinities') }}
            and category_affinities.user_key = restricted_affinities.user_key
            and category_affinities.category_key = restricted_affinities.category_key
    where
        {{ heuristic_score(
            'categories.best_base_score', 'category_affinities.affinity_part', '0'
        ) }} >= thresholds.threshold

),

open_tiers as (

    select
        open_categories.cutoff_key,
        open_categories.user_key,
        open_categories.category_key,
        open_categories.affinity_part,
        open_categories.depth,
        open_categories.threshold,
        category_tiers.category_tier
    from open_categories
    inner join category_tiers
        on
            {{ same_cutoff('open_categories', 'category_tiers') }}
            and open_categories.category_key = category_tiers.category_key
    where
        category_tiers.first_rank <= open_categories.depth
        and {{ heuristic_score(
            'category_tiers.best_base_score', 'open_categories.affinity_part', '0'
        ) }} >= open_categories.threshold

),

final as (

    select
        open_tiers.cutoff_key,
        open_tiers.user_key,
        ping_ranks.ping_key
    from open_tiers
    inner join ping_ranks
        on
            {{ same_cutoff('open_tiers', 'ping_ranks') }}
            and open_tiers.category_key = ping_ranks.category_key
            and open_tiers.category_tier = ping_ranks.category_tier
    where
        ping_ranks.category_rank <= open_tiers.depth
        and {{ heuristic_score(
            'ping_ranks.base_score', 'open_tiers.affinity_part', '0'
        ) }} >= open_tiers.threshold

)

select * from final
