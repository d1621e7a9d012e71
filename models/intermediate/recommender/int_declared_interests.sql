-- Empty where declared interests have no weight, so that they cost nothing there. A declaration has
-- no moment: it holds at every cutoff.
with

declared_affinities as (

    select * from {{ ref('stg_topic_affinities') }}
    where
        outcome = 'accepted'
        and affinity > 0
        and {{ var('weight_declared') }} > 0

),

listed_users as (

    select * from {{ ref('int_cutoff_users') }}

),

users as (

    select * from {{ ref('int_users') }}

),

categories as (

    select distinct
        category,
        category_key
    from {{ ref('int_pings') }}
    where category_key <> 0

),

final as (

    select
        listed_users.cutoff_key,
        listed_users.user_key,
        categories.category_key,
        -- without an affinity, seen pings of the category can only be older than the window
        {{ 'listed_users.n_seen_pings' if var('affinity_window_days') is not none else '0' }}
            as most_seen_pings,
        {{ var('weight_declared') }} * declared_affinities.affinity as declared_part
    from declared_affinities
    inner join users on declared_affinities.user_id = users.user_id
    inner join categories on declared_affinities.category = categories.category
    inner join listed_users on users.user_key = listed_users.user_key

)

select * from final
