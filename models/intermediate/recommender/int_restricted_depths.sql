-- What a user has seen or must not see is counted by tiers of ranks, for each restriction once, and
-- added up by user: as soon as a tier ends with K pings more than were counted so far, it is deep
-- enough. A ping that is seen and restricted, or restricted twice, counts as two, which only makes
-- the depth larger.
with

users as (

    select * from {{ ref('int_cutoff_users') }}

),

user_pings as (

    select * from {{ ref('int_cutoff_user_pings') }}

),

user_restrictions as (

    select * from {{ ref('int_user_restrictions') }}

),

restricted_ranks as (

    select * from {{ ref('int_restricted_ranks') }}

),

orderings as (

    select * from {{ ref('int_orderings') }}

),

restricted_users as (

    select distinct user_key from user_restrictions

),

tiers as (

    select
        ordering_key,
        cutoff_key,
        rank_tier,
        max(ordering_rank) as last_rank
    from orderings
    group by ordering_key, cutoff_key, rank_tier

),

restricted_counts as (

    select
        ordering_key,
        restriction_key,
        rank_tier,
        count(*) as n_pings
    from restricted_ranks
    group by ordering_key, restriction_key, rank_tier

),

left_out as (

    select
        restricted_counts.ordering_key,
        user_restrictions.user_key,
        restricted_counts.rank_tier,
        restricted_counts.n_pings
    from user_restrictions
    inner join restricted_counts
        on user_restrictions.restriction_key = restricted_counts.restriction_key
    union all
    select
        orderings.ordering_key,
        restricted_users.user_key,
        orderings.rank_tier,
        1 as n_pings
    from restricted_users
    inner join user_pings on restricted_users.user_key = user_pings.user_key
    inner join orderings
        on
            {{ same_cutoff('user_pings', 'orderings') }}
            and user_pings.ping_key = orderings.ping_key

),

-- a tier with nothing left out ends a user's search too
user_tiers as (

    select
        tiers.ordering_key,
        users.user_key,
        tiers.last_rank,
        tiers.last_rank - sum(coalesce(sum(left_out.n_pings), 0)) over (
            partition by tiers.ordering_key, users.user_key
            order by tiers.last_rank
            rows between unbounded preceding and current row
        ) as n_available
    from restricted_users
    inner join users on restricted_users.user_key = users.user_key
    inner join tiers on users.cutoff_key = tiers.cutoff_key
    left join left_out
        on
            tiers.ordering_key = left_out.ordering_key
            and users.user_key = left_out.user_key
            and tiers.rank_tier = left_out.rank_tier
    group by tiers.ordering_key, users.user_key, tiers.last_rank

),

final as (

    select
        ordering_key,
        user_key,
        coalesce(
            min(last_rank) filter (where n_available >= {{ search_length() }}),
            max(last_rank)
        ) as depth
    from user_tiers
    group by ordering_key, user_key

)

select * from final
