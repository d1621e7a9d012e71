-- Recently liked pings of the user's categories: the product of how much more the user sees of the
-- category than others and of the ping's recent share. (Declared interests would take the place of
-- the observed share here, in int_ranking_source_topic, and in int_ranking_features.)
with

user_categories as (

    select * from {{ ref('int_ranking_user_categories') }}

),

lists as (

    select * from {{ ref('int_ranking_lists') }}

),

users as (

    select * from {{ ref('int_ranking_users') }}

),

orderings as (

    select * from {{ ref('int_ranking_orderings') }}
    where
        category_key <> 0
        and category_trending_rank <= {{ var('ranking_source_pings') }}

),

history as (

    select * from {{ ref('int_ranking_history') }}

),

affinities as (

    select
        user_categories.cutoff_key,
        user_categories.user_key,
        user_categories.category_key,
        {{ safe_divide('user_categories.n_events', 'users.n_events') }} as affinity,
        row_number() over (
            partition by user_categories.cutoff_key, user_categories.user_key
            order by user_categories.n_events desc, user_categories.category_key
        ) as category_number
    from user_categories
    inner join lists
        on
            user_categories.cutoff_key = lists.cutoff_key
            and user_categories.user_key = lists.user_key
    inner join users
        on
            user_categories.cutoff_key = users.cutoff_key
            and user_categories.user_key = users.user_key

),

ranked as (

    select
        affinities.cutoff_key,
        affinities.user_key,
        orderings.ping_key,
        row_number() over (
            partition by affinities.cutoff_key, affinities.user_key
            order by ln(affinities.affinity) + orderings.prior_score desc, orderings.ping_key
        ) as source_rank
    from affinities
    inner join orderings
        on
            affinities.cutoff_key = orderings.cutoff_key
            and affinities.category_key = orderings.category_key
    left join history
        on
            affinities.cutoff_key = history.cutoff_key
            and affinities.user_key = history.user_key
            and orderings.ping_key = history.ping_key
    where
        affinities.category_number <= 5
        and history.ping_key is null

),

final as (

    select
        cutoff_key,
        user_key,
        ping_key,
        'topic' as source,
        source_rank
    from ranked
    where source_rank <= {{ var('ranking_source_pings') }}

)

select * from final
