-- The user's creators, most events first, and each creator's best pings by base score. Creators
-- with more events come first with all their pings: once those before have enough that are unseen,
-- the others cannot give any, and their pings are not looked at.
with

history as (

    select * from {{ ref('int_ranking_history') }}

),

user_creators as (

    select
        cutoff_key,
        user_key,
        creator_key,
        n_pings,
        n_events
    from {{ ref('int_ranking_user_creators') }}

),

orderings as (

    select * from {{ ref('int_ranking_orderings') }}
    where
        creator_key <> 0
        and creator_base_rank <= {{ var('ranking_source_pings') }}

),

creators as (

    select
        cutoff_key,
        creator_key,
        count(*) as n_offered
    from orderings
    group by cutoff_key, creator_key

),

counted as (

    select
        user_creators.cutoff_key,
        user_creators.user_key,
        user_creators.creator_key,
        user_creators.n_events,
        sum(greatest(creators.n_offered - user_creators.n_pings, 0)) over (
            partition by user_creators.cutoff_key, user_creators.user_key
            order by user_creators.n_events desc
            range between unbounded preceding and 1 preceding
        ) as n_unseen_before
    from user_creators
    inner join creators
        on
            user_creators.cutoff_key = creators.cutoff_key
            and user_creators.creator_key = creators.creator_key

),

offered as (

    select
        counted.cutoff_key,
        counted.user_key,
        orderings.ping_key,
        counted.n_events,
        orderings.base_score
    from counted
    inner join orderings
        on
            counted.cutoff_key = orderings.cutoff_key
            and counted.creator_key = orderings.creator_key
    where coalesce(counted.n_unseen_before, 0) < {{ var('ranking_source_pings') }}

),

final as (

    {{ source_lists(
        'creator', 'offered', 'history', 'offered.n_events desc, offered.base_score desc'
    ) | trim }}

)

select * from final
