-- Pings that can only be in a user's list because of their creator (and perhaps their category
-- too). All pings of one creator in one category (a cell) get the same parts beside the base, so
-- within a cell the order by base score is the order by score. Creators, then cells, then tiers of
-- a cell are dropped whose best ping cannot reach the user's threshold.
with

thresholds as (

    select * from {{ ref('int_score_thresholds') }}

),

user_categories as (

    select * from {{ ref('int_user_categories') }}

),

creator_affinities as (

    select * from {{ ref('int_user_creator_affinities') }}

),

ping_ranks as (

    select * from {{ ref('int_ping_ranks') }}

),

restricted_affinities as (

    select * from {{ ref('int_restricted_affinities') }}

),

creators as (

    select
        cutoff_key,
        creator_key,
        max(base_score) as best_base_score
    from ping_ranks
    group by cutoff_key, creator_key

),

cell_tiers as (

    select
        cutoff_key,
        creator_key,
        category_key,
        cell_tier,
        min(cell_rank) as first_rank,
        max(base_score) as best_base_score
    from ping_ranks
    group by cutoff_key, creator_key, category_key, cell_tier

),

open_creators as (

    select
        creator_affinities.cutoff_key,
        creator_affinities.user_key,
        creator_affinities.creator_key,
        creator_affinities.affinity_part,
        {{ search_length() }} + creator_affinities.n_seen_pings
        + coalesce(restricted_affinities.n_restricted_pings, 0) as depth,
        thresholds.best_category_part,
        thresholds.best_declared_part,
        thresholds.threshold
    from creator_affinities
    inner join thresholds
        on
            {{ same_cutoff('creator_affinities', 'thresholds') }}
            and creator_affinities.user_key = thresholds.user_key
    inner join creators
        on
            {{ same_cutoff('creator_affinities', 'creators') }}
            and creator_affinities.creator_key = creators.creator_key
    left join restricted_affinities
        on
            {{ same_cutoff('creator_affinities', 'restricted_affinities') }}
            and creator_affinities.user_key = restricted_affinities.user_key
            and creator_affinities.creator_key = restricted_affinities.creator_key
    where
        {{ heuristic_score(
            'creators.best_base_score',
            'thresholds.best_category_part',
            'creator_affinities.affinity_part',
            'thresholds.best_declared_part'
        ) }} >= thresholds.threshold

),

open_tiers as (

    select
        open_creators.cutoff_key,
        open_creators.user_key,
        open_creators.creator_key,
        open_creators.depth,
        open_creators.threshold,
        open_creators.affinity_part as creator_part,
        coalesce(user_categories.affinity_part, 0) as category_part,
        coalesce(user_categories.declared_part, 0) as declared_part,
        cell_tiers.category_key,
        cell_tiers.cell_tier
    from open_creators
    inner join cell_tiers
        on
            {{ same_cutoff('open_creators', 'cell_tiers') }}
            and open_creators.creator_key = cell_tiers.creator_key
    left join user_categories
        on
            {{ same_cutoff('open_creators', 'user_categories') }}
            and open_creators.user_key = user_categories.user_key
            and cell_tiers.category_key = user_categories.category_key
    where
        cell_tiers.first_rank <= open_creators.depth
        -- implied by the next condition, but known before the category affinities are looked up
        and {{ heuristic_score(
            'cell_tiers.best_base_score',
            'open_creators.best_category_part',
            'open_creators.affinity_part',
            'open_creators.best_declared_part'
        ) }} >= open_creators.threshold
        and {{ heuristic_score(
            'cell_tiers.best_base_score',
            'user_categories.affinity_part',
            'open_creators.affinity_part',
            'user_categories.declared_part'
        ) }} >= open_creators.threshold

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
            and open_tiers.creator_key = ping_ranks.creator_key
            and open_tiers.category_key = ping_ranks.category_key
            and open_tiers.cell_tier = ping_ranks.cell_tier
    where
        ping_ranks.cell_rank <= open_tiers.depth
        and {{ heuristic_score(
            'ping_ranks.base_score',
            'open_tiers.category_part',
            'open_tiers.creator_part',
            'open_tiers.declared_part'
        ) }} >= open_tiers.threshold

)

select * from final
