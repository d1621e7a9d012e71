-- Pings that can only be in a user's list because of their category. In a category the user has
-- touched or declared an interest in, the K best unseen pings by base score are among the first
-- K + (seen pings of the category) + (restricted ones), and only those count that reach the user's
-- threshold with the parts of the category. Categories, then tiers of ranks are dropped whose best
-- ping cannot reach it.
with

thresholds as (

    select * from {{ ref('int_score_thresholds') }}

),

user_categories as (

    select * from {{ ref('int_user_categories') }}

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
        user_categories.cutoff_key,
        user_categories.user_key,
        user_categories.category_key,
        user_categories.affinity_part,
        user_categories.declared_part,
        {{ search_length() }} + user_categories.n_seen_pings
        + coalesce(restricted_affinities.n_restricted_pings, 0) as depth,
        thresholds.threshold
    from user_categories
    inner join thresholds
        on
            {{ same_cutoff('user_categories', 'thresholds') }}
            and user_categories.user_key = thresholds.user_key
    inner join categories
        on
            {{ same_cutoff('user_categories', 'categories') }}
            and user_categories.category_key = categories.category_key
    left join restricted_affinities
        on
            {{ same_cutoff('user_categories', 'restricted_affinities') }}
            and user_categories.user_key = restricted_affinities.user_key
            and user_categories.category_key = restricted_affinities.category_key
    where
        {{ heuristic_score(
            'categories.best_base_score',
            'user_categories.affinity_part',
            '0',
            'user_categories.declared_part'
        ) }} >= thresholds.threshold

),

open_tiers as (

    select
        open_categories.cutoff_key,
        open_categories.user_key,
        open_categories.category_key,
        open_categories.affinity_part,
        open_categories.declared_part,
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
            'category_tiers.best_base_score',
            'open_categories.affinity_part',
            '0',
            'open_categories.declared_part'
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
            'ping_ranks.base_score', 'open_tiers.affinity_part', '0', 'open_tiers.declared_part'
        ) }} >= open_tiers.threshold

)

select * from final
