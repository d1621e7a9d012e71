-- The heuristic's lists as of each cutoff.
with

pairs as (

    select * from {{ ref('int_ranking_heuristic_pairs') }}

),

users as (

    select * from {{ ref('int_ranking_users') }}

),

user_categories as (

    select * from {{ ref('int_ranking_user_categories') }}

),

user_creators as (

    select * from {{ ref('int_ranking_user_creators') }}

),

orderings as (

    select * from {{ ref('int_ranking_orderings') }}

),

offered as (

    select
        pairs.cutoff_key,
        pairs.user_key,
        pairs.ping_key,
        orderings.base_score
        + {{ var('weight_category') }}
        * coalesce({{ safe_divide('user_categories.n_events', 'users.n_log_events') }}, 0)
        + {{ var('weight_creator') }}
        * coalesce({{ safe_divide('user_creators.n_events', 'users.n_log_events') }}, 0)
            as heuristic_score
    from pairs
    inner join users
        on
            pairs.cutoff_key = users.cutoff_key
            and pairs.user_key = users.user_key
    inner join orderings
        on
            pairs.cutoff_key = orderings.cutoff_key
            and pairs.ping_key = orderings.ping_key
    left join user_categories
        on
            pairs.cutoff_key = user_categories.cutoff_key
            and pairs.user_key = user_categories.user_key
            and orderings.category_key = user_categories.category_key
    left join user_creators
        on
            pairs.cutoff_key = user_creators.cutoff_key
            and pairs.user_key = user_creators.user_key
            and orderings.creator_key = user_creators.creator_key

),

{{ source_lists('heuristic', 'offered.heuristic_score desc', most=var('top_k')) | trim }}

select * from final
