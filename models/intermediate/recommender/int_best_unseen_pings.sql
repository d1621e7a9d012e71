with

depths as (

    select * from {{ ref('int_search_depths') }}

),

orderings as (

    select * from {{ ref('int_orderings') }}

),

user_pings as (

    select * from {{ ref('int_cutoff_user_pings') }}

),

restricted_depths as (

    select * from {{ ref('int_restricted_depths') }}

),

user_restrictions as (

    select * from {{ ref('int_user_restrictions') }}

),

restricted_ranks as (

    select * from {{ ref('int_restricted_ranks') }}

),

tiers as (

    select distinct
        ordering_key,
        ordering,
        rank_tier
    from orderings

),

near_top as (

    select
        depths.ordering_key,
        depths.cutoff_key,
        depths.user_key,
        tiers.ordering,
        orderings.ping_key,
        orderings.ordering_rank
    from depths
    inner join tiers
        on
            depths.ordering_key = tiers.ordering_key
            and {{ rank_tier('depths.depth') }} >= tiers.rank_tier
    inner join orderings
        on
            tiers.ordering_key = orderings.ordering_key
            and tiers.rank_tier = orderings.rank_tier
    where depths.depth >= orderings.ordering_rank

),

restricted_near_top as (

    select
        restricted_depths.ordering_key,
        restricted_depths.user_key,
        restricted_ranks.ping_key
    from restricted_depths
    inner join tiers
        on
            restricted_depths.ordering_key = tiers.ordering_key
            and {{ rank_tier('restricted_depths.depth') }} >= tiers.rank_tier
    inner join user_restrictions on restricted_depths.user_key = user_restrictions.user_key
    inner join restricted_ranks
        on
            tiers.ordering_key = restricted_ranks.ordering_key
            and tiers.rank_tier = restricted_ranks.rank_tier
            and user_restrictions.restriction_key = restricted_ranks.restriction_key

),

final as (

    select
        near_top.cutoff_key,
        near_top.user_key,
        near_top.ordering,
        near_top.ping_key,
        near_top.ordering_rank
    from near_top
    left join user_pings
        on
            {{ same_cutoff('near_top', 'user_pings') }}
            and near_top.user_key = user_pings.user_key
            and near_top.ping_key = user_pings.ping_key
    left join restricted_near_top
        on
            near_top.ordering_key = restricted_near_top.ordering_key
            and near_top.user_key = restricted_near_top.user_key
            and near_top.ping_key = restricted_near_top.ping_key
    where
        user_pings.ping_key is null
        and restricted_near_top.ping_key is null

)

select * from final
