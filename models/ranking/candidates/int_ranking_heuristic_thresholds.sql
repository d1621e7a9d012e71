-- What a ping must score to be in a list: the lowest score of its K best pings by base score. A
-- list with fewer of them bars nothing.
with

users as (

    select * from {{ ref('int_ranking_heuristic_lists') }}

),

first_pings as (

    select * from {{ ref('int_ranking_heuristic_first') }}

),

orderings as (

    select * from {{ ref('int_ranking_orderings') }}

),

user_categories as (

    select * from {{ ref('int_ranking_user_categories') }}

),

user_creators as (

    select * from {{ ref('int_ranking_user_creators') }}

),

scored as (

    {{ score_listed_pairs('first_pings') | trim }}

),

thresholds as (

    select
        cutoff_key,
        user_key,
        min(heuristic_score) as threshold
    from scored
    group by cutoff_key, user_key
    having count(*) = {{ var('top_k') }}

),

most_events as (

    select
        cutoff_key,
        user_key,
        max(n_events) as n_events
    from user_categories
    group by cutoff_key, user_key

),

final as (

    select
        users.cutoff_key,
        users.user_key,
        users.n_log_events,
        users.list_depth,
        coalesce(thresholds.threshold, 0) as threshold,
        coalesce(
            {{ affinity_part('category', 'most_events.n_events', 'users.n_log_events') }},
            0
        ) as best_category_part
    from users
    left join thresholds
        on
            users.cutoff_key = thresholds.cutoff_key
            and users.user_key = thresholds.user_key
    left join most_events
        on
            users.cutoff_key = most_events.cutoff_key
            and users.user_key = most_events.user_key

)

select * from final
